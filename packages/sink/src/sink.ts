// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './otlp/received-span.js'
import type { Reply } from './reply.js'
import type { SinkStats } from './sink-stats.js'

/**
 * A receiver that is listening. It may run in this process or in a child process, so every call that may cross the boundary is
 * async.
 */
export interface Sink {
  /** The URL of OTLP/HTTP, with its path. */
  readonly url: string
  /** The URL of OTLP/HTTP, without a path. */
  readonly origin: string
  /** The URL of OTLP/gRPC; undefined without the option `grpc`. */
  readonly grpcUrl: string | undefined
  /**
   * Sets the answers to the next requests, in the order in which they start. The last one repeats, unless it has `times`.
   * Without replies the sink is healthy again. Does not affect requests that are being answered.
   */
  script(...replies: Reply[]): Promise<void>
  /** Delivered spans, in order of delivery. A span is delivered when its request was read and the answer is about to be sent. */
  spans(): Promise<ReceivedSpan[]>
  stats(): Promise<SinkStats>
  /** Waits until `count` spans were delivered since the last reset. Rejects after 5 s by default; the error tells the counts. */
  waitForSpans(count: number, timeoutMillis?: number): Promise<void>
  /**
   * Destroys every HTTP connection and refuses new ones, until `listenAgain`. Counters, spans and script stay. Does not
   * affect OTLP/gRPC.
   */
  stopListening(): Promise<void>
  /** Listens on the same port as before `stopListening`. Rejects if another process has taken the port meanwhile. */
  listenAgain(): Promise<void>
  /** Forgets spans, counters and script. Connections stay open. */
  reset(): Promise<void>
  /** Destroys every connection and leaves no handle behind. */
  close(): Promise<void>
}
