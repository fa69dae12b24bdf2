// SPDX-License-Identifier: Apache-2.0
import type { BlockList, TcpNetConnectOpts } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { MeterProvider } from '@opentelemetry/api'
import type { Dispatcher } from 'undici'

export type Protocol = 'http/protobuf' | 'http/json'
export type Compression = 'none' | 'gzip' | 'zstd'
/** A number or a boolean is sent as text. */
export type HeaderValues = Readonly<Record<string, string | number | boolean>>

/** Options of the socket, as in `net.connect`. With a proxy it is the socket to the proxy. */
export interface SocketOptions extends Partial<
  Pick<
    TcpNetConnectOpts,
    | 'autoSelectFamily'
    | 'autoSelectFamilyAttemptTimeout'
    | 'family'
    | 'hints'
    | 'keepAlive'
    | 'keepAliveInitialDelay'
    | 'localAddress'
    | 'localPort'
    | 'lookup'
    | 'noDelay'
    | 'signal'
  >
> {
  /** Addresses that are never connected to; in versions of Node.js that support it. */
  blockList?: BlockList | undefined
  highWaterMark?: number | undefined
  /** In versions of Node.js that support it. */
  typeOfService?: number | undefined
}

/** Options of a TLS connection, as in `tls.connect`, and of the socket under it. */
export interface TlsOptions
  extends
    Omit<
      ConnectionOptions,
      'ALPNCallback' | 'ALPNProtocols' | 'SNICallback' | 'host' | 'lookup' | 'path' | 'port' | 'socket' | 'timeout'
    >,
    SocketOptions {
  /** TLS sessions kept for resumption; 0 with `checkServerIdentity`, which Node.js skips for resumed sessions. Default: 100. */
  maxCachedSessions?: number | undefined
}

/**
 * Options of the exporter. Those of the stock exporter have the same meaning here. `undefined` and `null` mean the
 * environment variable, else the default. An invalid value never throws: a warning names it, without secrets, and the next
 * source is used, the environment variable or the default. Numbers are integers unless stated otherwise.
 */
export interface OTLPTraceExporterOptions {
  /**
   * Where traces go, used as it is: `http:` or `https:`, a path (`/` if omitted) and a query; `user:password@` becomes
   * an `Authorization` header. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with `v1/traces` appended, else `http://localhost:4318/v1/traces`.
   */
  url?: string | undefined
  /**
   * Headers of every request, or a function that is called once for each batch and may be async; its time counts
   * against `timeoutMillis`. Added to those of `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, which are added to those of
   * `OTEL_EXPORTER_OTLP_HEADERS`; where names are equal, the first of these three wins. Headers that the transport sets
   * itself (content type, encoding and length, connection) are left out with a warning, and so is a value that is not a
   * string, number or boolean. Default: none.
   */
  headers?: HeaderValues | (() => HeaderValues | PromiseLike<HeaderValues>) | undefined
  /**
   * `'none'`, `'gzip'`, or `'zstd'` in Node.js 22.15 and later.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]COMPRESSION`, else `'none'`.
   */
  compression?: Compression | undefined
  /**
   * Time for one batch from hand-over to outcome, including headers, compression, queueing, DNS, connecting, TLS, retries
   * and the body of the answer. In milliseconds, 0 to 2^31-1, where 0 means no limit.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]TIMEOUT`, else 10,000.
   */
  timeoutMillis?: number | undefined
  /**
   * How many batches may be under way at once, each on a connection of its own that is opened when it is needed; others
   * wait. A batch whose kept connection stays silent gets a second one until either is answered. 1 to 1024.
   * Default: 30.
   */
  concurrencyLimit?: number | undefined
  /** Whether a connection is kept for the next request. Default: true. */
  keepAlive?: boolean | undefined
  /** Put before the exporter's own `User-Agent`, such as `my-product/1.2`. Printable ASCII. Default: nothing. */
  userAgent?: string | undefined
  /**
   * The stock exporter's agent options: those of `tls`, `keepAlive`, `keepAliveMsecs`, `socketPath`, and `maxSockets` and
   * `maxTotalSockets` as upper bounds of `concurrencyLimit`. A warning names an option that has no meaning without an agent.
   * A function is not called and causes a warning too: see `dispatcher`. Default: none.
   */
  httpAgentOptions?: Readonly<Record<string, unknown>> | ((...args: never[]) => unknown) | undefined
  /**
   * The encoding: protobuf or OTLP/JSON.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]PROTOCOL`, else `'http/protobuf'`; `grpc` causes a warning
   * and is treated as that.
   */
  protocol?: Protocol | undefined
  /**
   * Options of `tls.connect`, and of the socket under it (`lookup`, `localAddress`, `family`, …). Each wins over
   * `httpAgentOptions` and the files of `OTEL_EXPORTER_OTLP_[TRACES_]CERTIFICATE`, `_CLIENT_KEY` and
   * `_CLIENT_CERTIFICATE`. If `checkServerIdentity` throws, or returns anything but undefined, the certificate is refused:
   * nothing is sent, and the batch counts as `certificate`. Default: those of Node.js.
   */
  tls?: TlsOptions | undefined
  /**
   * A dispatcher of the application's undici (7 or later) that sends everything. It is never closed or destroyed here.
   * `tls`, `httpAgentOptions`, `socketPath`, `proxy` and `keepAlive` have no effect beside it, and a warning names them. A
   * request that it cannot cancel stays in its queue; the batch is settled in time nevertheless. Default: none; the
   * exporter has clients of its own.
   */
  dispatcher?: Dispatcher | undefined
  /** A Unix domain socket to connect to instead of the host of `url` or a proxy. Default: none. */
  socketPath?: string | undefined
  /**
   * URL of an HTTP proxy (`http:` or `https:`), or `false` to ignore the proxy of the environment. Default:
   * `HTTPS_PROXY` or `HTTP_PROXY` (lower case first) by the scheme of `url`, unless `NO_PROXY` names the host, its domain
   * or its network (`10.0.0.0/8`, `fd00::/8`); loopback is never proxied by the environment.
   */
  proxy?: string | false | undefined
  retry?: RetryOptions | undefined
  /** Gets the `otel.sdk.exporter.*` metrics; without it the counts are in `stats()` alone. Default: none. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * Largest request body before compression, in bytes; a batch over it is divided, and a single span over it counts as
   * `too_large`. Never more than `maxBufferedBytes`, whatever it is set to. 1 to 2^31-1. Default: 67,108,864 (64 MiB).
   */
  maxRequestBytes?: number | undefined
  /**
   * Largest response body after decompression, in bytes. The rest of a larger one is not read, and a warning tells so; the
   * status decides what became of the spans. Of a response that is not a success at most 16 KiB are read. 1 to 2^30.
   * Default: 4,194,304 (4 MiB).
   */
  maxResponseBytes?: number | undefined
  /**
   * Memory for encoded spans, waiting and in flight together, in bytes of the buffers that hold them. It does not include
   * requests that are being sent, nor up to 16 MiB of buffers kept for half a minute for the next ones. A span that is
   * larger by itself counts as `too_large`. 1 to 2^31-1. Default: 33,554,432 (32 MiB).
   */
  maxBufferedBytes?: number | undefined
}

/**
 * After an outage (429, 502, 503, 504, no connection, or a connection that ended without an answer) a request is sent again,
 * after a random time between 0.1 s and a limit that grows with every attempt (full jitter).
 */
export interface RetryOptions {
  /** How often one request is sent at most; 1 means no retry. 1 to 2^31-1. Default: as often as `timeoutMillis` allows. */
  maxAttempts?: number | undefined
  /** Upper limit of the first wait, in milliseconds. 1 to 2^31-1. Default: 1000. */
  initialBackoffMillis?: number | undefined
  /** Upper limit of every wait that the backend did not ask for, in milliseconds. 1 to 2^31-1. Default: 5000. */
  maxBackoffMillis?: number | undefined
  /** The factor by which the limit grows; need not be an integer. 1 to 100. Default: 1.5. */
  multiplier?: number | undefined
  /** `false` waits for the whole limit each time, so that many senders may come back at once. Default: true. */
  jitter?: boolean | undefined
}
