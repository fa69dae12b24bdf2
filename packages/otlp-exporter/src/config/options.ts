// SPDX-License-Identifier: Apache-2.0
import type { BlockList, TcpNetConnectOpts } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { MeterProvider } from '@opentelemetry/api'
import type { Dispatcher } from 'undici'

export type Protocol = 'http/protobuf' | 'http/json'
export type Compression = 'none' | 'gzip' | 'zstd'
/** A number or a boolean is sent as text. */
export type HeaderValues = Readonly<Record<string, string | number | boolean>>

/** What of a socket can be chosen, as in `net.connect`. With a proxy it is the socket to the proxy. */
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
  /** Addresses that are not connected to; where Node.js has it. */
  blockList?: BlockList | undefined
  highWaterMark?: number | undefined
  /** Where Node.js has it. */
  typeOfService?: number | undefined
}

/** What of a TLS connection can be chosen, as in `tls.connect`, and of the socket under it. */
export interface TlsOptions
  extends
    Omit<
      ConnectionOptions,
      'ALPNCallback' | 'ALPNProtocols' | 'SNICallback' | 'host' | 'lookup' | 'path' | 'port' | 'socket' | 'timeout'
    >,
    SocketOptions {
  /** TLS sessions that are remembered for resumption; 0 with `checkServerIdentity`, which Node.js does not ask then. Default: 100. */
  maxCachedSessions?: number | undefined
}

/**
 * Options of the exporter; the names of the stock exporter mean here what they mean there. `undefined` and `null` mean:
 * take the environment variable, else the default. A value out of range never throws: one warning names it, without
 * secrets, and the next source is used, the environment variable or the default. Numbers are integers unless said otherwise.
 */
export interface OTLPTraceExporterOptions {
  /**
   * Where traces go, used as it is: `http:` or `https:`, a path (none means `/`) and a query; `user:password@` becomes
   * an `Authorization` header. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with `v1/traces` appended, else `http://localhost:4318/v1/traces`.
   */
  url?: string | undefined
  /**
   * Headers of every request, or a function that is called once for each batch and may be async; its time counts
   * against `timeoutMillis`. Added to those of `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, which are added to those of
   * `OTEL_EXPORTER_OTLP_HEADERS`; of the same name the first of these three wins. Headers that the transport sets itself
   * (content type, encoding and length, connection) are left out with a warning, and so is a value that is no string,
   * number or boolean. Default: none.
   */
  headers?: HeaderValues | (() => HeaderValues | PromiseLike<HeaderValues>) | undefined
  /**
   * `'none'`, `'gzip'`, or `'zstd'` where Node.js has it (22.15 and later).
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]COMPRESSION`, else `'none'`.
   */
  compression?: Compression | undefined
  /**
   * Time for one batch from hand-over to outcome with everything in between: headers, compression, queueing, DNS,
   * connecting, TLS, retries, the answer's body. In milliseconds, 0 to 2^31-1, where 0 means without a limit.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]TIMEOUT`, else 10,000.
   */
  timeoutMillis?: number | undefined
  /**
   * How many batches may be under way at once, each on a connection of its own that is opened when it is needed; more
   * wait their turn. A batch whose kept connection stays silent has a second one until either is answered. 1 to 1024.
   * Default: 30.
   */
  concurrencyLimit?: number | undefined
  /** Whether a connection is kept for the next request. Default: true. */
  keepAlive?: boolean | undefined
  /** Put before the exporter's own `User-Agent`, as `my-product/1.2`. Printable ASCII. Default: nothing. */
  userAgent?: string | undefined
  /**
   * The stock exporter's agent options: those of `tls`, `keepAlive`, `keepAliveMsecs`, `socketPath`, and `maxSockets` and
   * `maxTotalSockets` as upper bounds of `concurrencyLimit`. One that has no meaning without an agent is named in a
   * warning; so is a function, which is not called: see `dispatcher`. Default: none.
   */
  httpAgentOptions?: Readonly<Record<string, unknown>> | ((...args: never[]) => unknown) | undefined
  /**
   * How the bytes look: protobuf or OTLP/JSON.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]PROTOCOL`, else `'http/protobuf'`; `grpc` is warned about and read as that.
   */
  protocol?: Protocol | undefined
  /**
   * Options of `tls.connect`, and of the socket under it (`lookup`, `localAddress`, `family`, …), each before
   * `httpAgentOptions` and the files of `OTEL_EXPORTER_OTLP_[TRACES_]CERTIFICATE`, `_CLIENT_KEY` and
   * `_CLIENT_CERTIFICATE`. What `checkServerIdentity` throws or returns refuses the certificate: nothing is sent, and the
   * batch counts as `certificate`. Default: those of Node.js.
   */
  tls?: TlsOptions | undefined
  /**
   * A dispatcher of the application's undici (7 or later) that sends everything. It is never closed or destroyed here,
   * and `tls`, `httpAgentOptions`, `socketPath`, `proxy` and `keepAlive` beside it are named in a warning. What it cannot cancel stays in its queue; the
   * batch is settled in time all the same. Default: none, clients that belong to the exporter alone.
   */
  dispatcher?: Dispatcher | undefined
  /** A Unix domain socket that is connected to instead of the host of `url`, and of a proxy. Default: none. */
  socketPath?: string | undefined
  /**
   * URL of an HTTP proxy (`http:` or `https:`), or `false` for none whatever the environment says. Default:
   * `HTTPS_PROXY` or `HTTP_PROXY` (lower case first) by the scheme of `url`, unless `NO_PROXY` names the host, its domain
   * or its network (`10.0.0.0/8`, `fd00::/8`); loopback is never proxied by the environment.
   */
  proxy?: string | false | undefined
  retry?: RetryOptions | undefined
  /** Where the `otel.sdk.exporter.*` metrics go; without one the counts are in `stats()` alone. Default: none. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * Largest request body before compression, in bytes; a batch over it is divided, and a single span over it counts as
   * `too_large`. Never more than `maxBufferedBytes`, whatever it is set to. 1 to 2^31-1. Default: 67,108,864 (64 MiB).
   */
  maxRequestBytes?: number | undefined
  /**
   * Largest response body after decompression, in bytes. The status decides what became of the spans: of a larger one
   * nothing more is read, and a warning says so. Of a response that is no success at most 16 KiB are read. 1 to 2^30. Default: 4,194,304 (4 MiB).
   */
  maxResponseBytes?: number | undefined
  /**
   * Memory for encoded spans, waiting and in flight together, in bytes of the buffers that hold them. A request under
   * way is held besides, and up to 16 MiB for the next ones, half a minute long. What is larger by itself counts as `too_large`. 1 to 2^31-1. Default: 33,554,432 (32 MiB).
   */
  maxBufferedBytes?: number | undefined
}

/**
 * A request that met an outage (429, 502, 503, 504, no connection, or one that ended without an answer) is
 * sent again after a random time between 0.1 s and a limit that grows with every try (full jitter).
 */
export interface RetryOptions {
  /** How often one request is sent at most; 1 never sends again. 1 to 2^31-1. Default: as often as `timeoutMillis` allows. */
  maxAttempts?: number | undefined
  /** Upper limit of the first wait, in milliseconds. 1 to 2^31-1. Default: 1000. */
  initialBackoffMillis?: number | undefined
  /** Upper limit of every wait that the backend did not ask for, in milliseconds. 1 to 2^31-1. Default: 5000. */
  maxBackoffMillis?: number | undefined
  /** The limit grows by this factor; a fraction is fine. 1 to 100. Default: 1.5. */
  multiplier?: number | undefined
  /** `false` waits for the whole limit each time, which has many senders come back at once. Default: true. */
  jitter?: boolean | undefined
}
