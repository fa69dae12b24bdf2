// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './otlp/received-span.js'
import type { Reply } from './reply.js'
import type { SinkStats } from './sink-stats.js'

/**
 * A receiver that is listening. The same face in this process and in a child process, so every call that may cross the
 * boundary is async.
 */
export interface Sink {
  /** Of OTLP/HTTP, with its path. */
  readonly url: string
  /** Of OTLP/HTTP, without a path. */
  readonly origin: string
  /** Of OTLP/gRPC, when it was asked for. */
  readonly grpcUrl: string | undefined
  /**
   * Answers for the next requests, in the order in which they start. The last one stays, unless it has `times`. Without
   * replies the sink is healthy again; requests that are being answered are not touched.
   */
  script(...replies: Reply[]): Promise<void>
  /** Delivered spans, in order of arrival: that is when the whole request was read and its answer was about to leave. */
  spans(): Promise<ReceivedSpan[]>
  stats(): Promise<SinkStats>
  /** Until that many spans were delivered since the last reset. Rejects, and tells how many there are, after 5 s by default. */
  waitForSpans(count: number, timeoutMillis?: number): Promise<void>
  /**
   * Breaks every connection over HTTP and refuses new ones, until `listenAgain`. Counters, spans and script stay.
   * OTLP/gRPC is not touched.
   */
  stopListening(): Promise<void>
  /** Listens where it did before `stopListening`. Rejects if somebody else has taken the port meanwhile. */
  listenAgain(): Promise<void>
  /** Forgets spans and counters and is healthy again. Connections stay open. */
  reset(): Promise<void>
  /** Destroys every connection and leaves no handle behind. */
  close(): Promise<void>
}
