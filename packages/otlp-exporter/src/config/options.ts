// SPDX-License-Identifier: Apache-2.0
import type { BlockList, TcpNetConnectOpts } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { MeterProvider } from '@opentelemetry/api'
import type { Dispatcher } from 'undici'

export type Protocol = 'http/protobuf' | 'http/json'
export type Compression = 'none' | 'gzip' | 'zstd'
/** A number or a boolean is sent as text. */
export type HeaderValues = Readonly<Record<string, string | number | boolean>>

/** Options of the socket, as in `net.connect`. If there is a proxy, that is the socket to the proxy. */
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
  /** Addresses that must not be connected to, in versions of Node.js that support this. */
  blockList?: BlockList | undefined
  highWaterMark?: number | undefined
  /** In versions of Node.js that support this. */
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
  /**
   * How many TLS sessions are kept for resumption. Always 0 with `checkServerIdentity`, because Node.js does not call that for
   * a resumed session. Default: 100.
   */
  maxCachedSessions?: number | undefined
}

/**
 * Options of the exporter. The options of the stock exporter have the same meaning here. `undefined` and `null` mean: use the
 * environment variable, else the default. An invalid value never throws: it causes a warning without secrets, and the
 * environment variable or the default is used instead. Numbers are integers unless stated otherwise.
 */
export interface OTLPTraceExporterOptions {
  /**
   * Where traces go, used as it is: `http:` or `https:`, with a path (`/` if omitted) and optionally a query.
   * `user:password@` becomes an `Authorization` header. Default: `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` as it is, else
   * `OTEL_EXPORTER_OTLP_ENDPOINT` with `v1/traces` appended, else `http://localhost:4318/v1/traces`.
   */
  url?: string | undefined
  /**
   * Headers of every request, or a function that is called once for each batch. The function may be async, and its time
   * counts against `timeoutMillis`. These headers are added to those of `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, and both to those
   * of `OTEL_EXPORTER_OTLP_HEADERS`. If a name occurs in several of them, the first of the three wins. Headers that the
   * transport sets itself (content type, encoding and length, connection) are left out with a warning, and so is any value
   * that is not a string, number or boolean. Default: none.
   */
  headers?: HeaderValues | (() => HeaderValues | PromiseLike<HeaderValues>) | undefined
  /**
   * `'none'`, `'gzip'`, or `'zstd'` in Node.js 22.15 and later.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]COMPRESSION`, else `'none'`.
   */
  compression?: Compression | undefined
  /**
   * The time limit of one batch from hand-over to outcome, including headers, compression, queueing, DNS, connecting, TLS,
   * retries and the body of the answer. In milliseconds, 0 to 2^31-1, where 0 means no limit.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]TIMEOUT`, else 10,000.
   */
  timeoutMillis?: number | undefined
  /**
   * How many batches may be under way at once; others wait. Each has a connection of its own, which is opened when it is
   * needed. A batch whose reused connection stays silent gets a second one, until there is an answer on either. 1 to 1024.
   * Default: 30.
   */
  concurrencyLimit?: number | undefined
  /** Whether a connection is kept for the next request. Default: true. */
  keepAlive?: boolean | undefined
  /** A prefix to the exporter's own `User-Agent`, such as `my-product/1.2`. Printable ASCII. Default: none. */
  userAgent?: string | undefined
  /**
   * The stock exporter's agent options: those of `tls`, `keepAlive`, `keepAliveMsecs`, `socketPath`, and `maxSockets` and
   * `maxTotalSockets` as upper bounds of `concurrencyLimit`. An option that has no meaning without an agent causes a warning.
   * A function is not called and also causes a warning; use `dispatcher` instead. Default: none.
   */
  httpAgentOptions?: Readonly<Record<string, unknown>> | ((...args: never[]) => unknown) | undefined
  /**
   * The encoding: protobuf or OTLP/JSON.
   * Default: `OTEL_EXPORTER_OTLP_[TRACES_]PROTOCOL`, else `'http/protobuf'`. The value `grpc` causes a warning, and
   * `'http/protobuf'` is used.
   */
  protocol?: Protocol | undefined
  /**
   * Options of `tls.connect`, and of the socket under it (`lookup`, `localAddress`, `family`, …). Each takes precedence over
   * `httpAgentOptions` and over the files of `OTEL_EXPORTER_OTLP_[TRACES_]CERTIFICATE`, `_CLIENT_KEY` and
   * `_CLIENT_CERTIFICATE`. If `checkServerIdentity` throws or returns anything but undefined, the certificate is refused:
   * nothing is sent, and the spans count as failed with the reason `certificate`. Default: the defaults of Node.js.
   */
  tls?: TlsOptions | undefined
  /**
   * A dispatcher of the application's undici (7 or later) that sends all requests. The exporter never closes or destroys it.
   * With a dispatcher, `tls`, `httpAgentOptions`, `socketPath`, `proxy` and `keepAlive` have no effect, and a warning names
   * those that are set. A request that the dispatcher cannot cancel stays in its queue, but the batch still settles in time.
   * Default: none; the exporter has clients of its own.
   */
  dispatcher?: Dispatcher | undefined
  /** A Unix domain socket to connect to, instead of the host of `url` or a proxy. Default: none. */
  socketPath?: string | undefined
  /**
   * URL of an HTTP proxy (`http:` or `https:`), or `false` to ignore the proxy of the environment. Default: `HTTPS_PROXY` or
   * `HTTP_PROXY` (lower case first), depending on the scheme of `url`, unless `NO_PROXY` names the host, its domain or its
   * network (`10.0.0.0/8`, `fd00::/8`). The proxy of the environment is never used for loopback.
   */
  proxy?: string | false | undefined
  retry?: RetryOptions | undefined
  /** Receives the `otel.sdk.exporter.*` metrics. Default: none; the counts are then only in `stats()`. */
  selfObsMeterProvider?: MeterProvider | undefined
  /**
   * The largest request body before compression, in bytes. A larger batch is divided, and a single span that is larger counts
   * as `too_large`. Reduced to `maxBufferedBytes` if that is smaller. 1 to 2^31-1. Default: 67,108,864 (64 MiB).
   */
  maxRequestBytes?: number | undefined
  /**
   * The largest response body after decompression, in bytes. The rest of a larger body is not read, and there is a warning.
   * The status decides what became of the spans. If the response is not a success, at most 16 KiB of it are read. 1 to 2^30.
   * Default: 4,194,304 (4 MiB).
   */
  maxResponseBytes?: number | undefined
  /**
   * The limit of the memory for encoded spans, both waiting and in flight, as the size of their buffers in bytes. It does not
   * include requests that are being sent, nor idle buffers, which are kept for half a minute for reuse: up to 16 MiB, and with
   * `worker` as much as this limit. A single span that is larger counts as `too_large`. 1 to 2^31-1. Default: 67,108,864 (64 MiB).
   */
  maxBufferedBytes?: number | undefined
  /**
   * How long spans wait in memory for a backend that is down, in milliseconds; older ones count as failed for the reason
   * `expired`. They wait compressed, within `maxBufferedBytes`, and are sent when the backend is back, oldest first. 0: none
   * wait, and a batch fails at its time limit. 0 to 2^31-1. Default: 600,000 (10 minutes).
   */
  maxStoredMillis?: number | undefined
  /**
   * Puts spans that wait for a backend on disk, where the end of the process does not lose them: the next process that uses the
   * directory delivers them. `false`: no spool, whatever the environment says. Default: `SPANRING_SPOOL_DIRECTORY`, else none.
   */
  spool?: SpoolOptions | false | undefined
  /**
   * With `true`, spans are sent from a thread of their own, the export thread: requests, retries and compression no longer use
   * the thread of the application, spans that were handed over leave even while that thread is busy, and in the `exit` event
   * of the process everything that is queued is sent, for at most `exitFlushMillis`, and with a `spool` what then has no answer
   * is put on disk, for at most 250 ms. The thread is started with the first span. It does not keep the process alive; a request
   * that is under way does, as without it.
   *
   * A function given as `headers` is still called in the thread of the application. Other functions and objects cannot be given
   * to a thread: with `dispatcher`, or with `lookup`, `checkServerIdentity`, `secureContext` and the like among the connection
   * options, spans are sent from the thread of the application, and a warning names the option. So they are where no thread
   * can be started.
   *
   * In a bundle, `{ file }` is where the bundler has put `@spanring/otlp-exporter/export-thread`: a path, or a `file:` URL.
   * Default: `SPANRING_WORKER`, else false.
   */
  worker?: boolean | { readonly file: string | URL } | undefined
  /**
   * How long the `exit` event of a process waits for the export thread to send what is queued, in milliseconds. If the thread is
   * only starting then, the time begins when it is ready, and a start may take as long. Has no effect without `worker`.
   * 0 to 2^31-1. Default: 500.
   */
  exitFlushMillis?: number | undefined
}

/** Where spans wait on disk. Nothing is written while the backend is healthy. Only OTLP is written, never a header. */
export interface SpoolOptions {
  /** A local directory, which is created when it is needed. Several processes may use the same one. Required. */
  directory: string
  /**
   * How large the directory may become, in bytes. When it is full, the oldest spans of this process are dropped, and counted as
   * failed for the reason `spool_full`. 2^20 to 2^53-1. Default: `SPANRING_SPOOL_MAX_BYTES`, else 536,870,912 (512 MiB).
   */
  maxBytes?: number | undefined
  /** Older spans are not sent any more: they count as failed for the reason `expired`. In milliseconds. Default: 86,400,000 (a day). */
  maxAgeMillis?: number | undefined
}

/**
 * How requests are retried. After an outage (429, 502, 503, 504, no connection, or a connection that ended without an answer)
 * a request is sent again, after a random time between 0.1 s and a limit that grows with every attempt (full jitter).
 */
export interface RetryOptions {
  /** How many times a request is sent at most; 1 means no retry. 1 to 2^31-1. Default: as often as `timeoutMillis` allows. */
  maxAttempts?: number | undefined
  /** The upper limit of the first wait, in milliseconds. 1 to 2^31-1. Default: 1000. */
  initialBackoffMillis?: number | undefined
  /** The upper limit of any wait that the backend did not ask for, in milliseconds. 1 to 2^31-1. Default: 5000. */
  maxBackoffMillis?: number | undefined
  /** The factor by which the limit grows, which may be a fraction. 1 to 100. Default: 1.5. */
  multiplier?: number | undefined
  /** With `false`, every wait lasts for the whole limit, so many senders may come back at the same time. Default: true. */
  jitter?: boolean | undefined
}
