// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici'

/**
 * Everything that the transport has to be told. All values are valid, and the transport never reads options or the
 * environment. Times are in milliseconds, sizes in bytes.
 */
export interface TransportSettings {
  readonly endpoint: TransportEndpoint
  /** Sent with every request. Names are in lower case, and names and values are valid for HTTP. */
  readonly headers: HeaderTexts
  /**
   * Called once for each batch. It resolves to valid headers, which override `headers`. It calls `onWarning` for each header
   * that it leaves out. It may fail, or never settle.
   */
  readonly headersFunction: ((onWarning: (message: string) => void) => HeaderTexts | PromiseLike<HeaderTexts>) | undefined
  /** The media type of the batches, for `Content-Type`. */
  readonly contentType: 'application/x-protobuf' | 'application/json'
  readonly compression: 'none' | 'gzip' | 'zstd'
  /** The time limit of one batch, which covers everything; Infinity without a limit. */
  readonly timeoutMillis: number
  /** How many batches may be sent at once, each on a connection of its own. */
  readonly concurrencyLimit: number
  /** Whether a connection is kept open for the next request. */
  readonly keepAlive: boolean
  /** The prefix to our own `User-Agent`; may be empty. */
  readonly userAgent: string
  /** For `tls.connect`. Only for the connection to the backend: a proxy is verified with the defaults of Node.js. */
  readonly tls: ConnectSettings
  /** For `net.connect`. If there is a proxy, it applies to the socket to the proxy. */
  readonly socket: ConnectSettings
  /** The application's dispatcher, which sends all requests; undefined if the transport makes its own connections. */
  readonly dispatcher: Dispatcher | undefined
  /** A Unix domain socket to connect to, instead of the host of the endpoint. */
  readonly socketPath: string | undefined
  readonly proxy: TransportProxy | undefined
  readonly retry: RetrySettings
  /** How long spans wait in memory for a backend that is down; Infinity without a limit, 0 to store none. */
  readonly maxStoredMillis: number
  /** Where they are put on disk; undefined to keep them in memory alone. */
  readonly spool: SpoolSettings | undefined
  /** The largest request before compression. */
  readonly maxRequestBytes: number
  /** The largest answer after decompression. */
  readonly maxResponseBytes: number
}

/** See `spool/`. */
export interface SpoolSettings {
  readonly directory: string
  /** How large the directory may become. */
  readonly maxBytes: number
  readonly maxAgeMillis: number
}

/** Header values by name. */
export type HeaderTexts = Readonly<Record<string, string>>

/** Where requests go. What may be shown is separate from the secrets of the URL. */
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

/** The options that the transport reads itself. Any others in the object are passed on to Node.js unchanged. */
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
