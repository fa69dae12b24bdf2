// SPDX-License-Identifier: Apache-2.0
import type { Contender } from '../contender.js'

/** How spans come. */
export type Load =
  | { readonly kind: 'rate'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'bursts'; readonly spans: number; readonly everyMillis: number; readonly seconds: number }

/** One situation that a pipeline may get into, as data that a child process can be given. */
export interface Scenario {
  /** Short; filters look at it. */
  readonly name: string
  readonly title: string
  readonly contenders: readonly Contender[]
  readonly rounds: number
  readonly load: Load
  /** Runs first and is counted but not timed: V8 compiles, and the first batch of a process takes ten times as long. */
  readonly warmupSeconds: number
  readonly attributesPerSpan?: number
  readonly maxQueueSize?: number
  /** How long the backend takes to answer. */
  readonly answerMillis?: number
  /** When the backend goes away after the start of the load, and for how long. */
  readonly outage?: { readonly atSeconds: number; readonly seconds: number }
  /** The application ends with forceFlush and shutdown together, before a backend that is like this. */
  readonly endsBefore?: 'healthy' | 'refused' | 'status 503' | 'silent'
  /** What an application that goes on gives its exports after a flush that has rejected early. Default: 1,000. */
  readonly settleMillis?: number
  /** How long any exporter tries for, retries included, before it gives a request up. Default: its own, ten seconds. */
  readonly exporterTimeoutMillis?: number
  /** The point of a curve that this is, if it is one. */
  readonly point?: { readonly curve: CurveName; readonly x: number }
}

export type CurveName = 'spans per second' | 'attributes per span' | 'queue size' | 'backend latency, ms'
