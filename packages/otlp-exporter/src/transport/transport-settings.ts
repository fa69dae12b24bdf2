// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici'

/**
 * Everything that the transport has to be told. The values are valid: nothing behind this point reads options or the
 * environment. Lengths of time are in milliseconds, sizes in bytes.
 */
export interface TransportSettings {
  readonly endpoint: TransportEndpoint
  /** Sent with every request. Names are in lower case, and names and values are valid for HTTP. */
  readonly headers: HeaderTexts
  /**
   * Called once for each batch; the headers that it resolves to are as valid as `headers`, and win over them. It tells
   * `onWarning` of each header that it leaves out. It may fail, or never settle.
   */
  readonly headersFunction: ((onWarning: (message: string) => void) => PromiseLike<HeaderTexts>) | undefined
  /** The media type of the batches, for `Content-Type`. */
  readonly contentType: string
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** For one batch with everything in it; Infinity without a limit. */
  readonly timeoutMillis: number
  /** How many batches may be sent at once, each on a connection of its own. */
  readonly concurrencyLimit: number
  /** Whether a connection is kept for the next request. */
  readonly keepAlive: boolean
  /** Put before our own `User-Agent`; empty without one. */
  readonly userAgent: string
  /** For `tls.connect`, of the connection to the backend alone: a proxy is verified as Node.js does it. */
  readonly tls: ConnectSettings
  /** For `net.connect`, of the socket that is opened: the one to the proxy where there is one. */
  readonly socket: ConnectSettings
  /** The application's own, which sends everything; undefined for connections that belong to the transport. */
  readonly dispatcher: Dispatcher | undefined
  /** A Unix domain socket to connect to instead of the host of the endpoint. */
  readonly socketPath: string | undefined
  readonly proxy: TransportProxy | undefined
  readonly retry: RetrySettings
  /** The largest request before compression. */
  readonly maxRequestBytes: number
  /** The largest answer after decompression. */
  readonly maxResponseBytes: number
}

/** By name. */
export type HeaderTexts = Readonly<Record<string, string>>

/** Where requests go, with the secrets of the URL apart from what may be shown. */
export interface TransportEndpoint {
  readonly origin: string
  /** Path and query. */
  readonly path: string
  /** For messages: without user, password and the values of the query. */
  readonly printable: string
  /** What `user:password@` means as an `Authorization` header; undefined without it. */
  readonly authorization: string | undefined
}

export interface TransportProxy {
  readonly origin: string
  /** What `user:password@` means as a `Proxy-Authorization` header; undefined without it. */
  readonly authorization: string | undefined
}

/** The options that the transport reads itself. Any others in the object are handed on to Node.js as they are. */
export interface ConnectSettings {
  readonly localAddress?: string | undefined
  readonly noDelay?: boolean | undefined
  readonly servername?: string | undefined
}

export interface RetrySettings {
  /** Infinity without a limit. */
  readonly maxAttempts: number
  readonly initialBackoffMillis: number
  readonly maxBackoffMillis: number
  readonly multiplier: number
  readonly jitter: boolean
}
