// SPDX-License-Identifier: Apache-2.0
import type { Deliveries } from './deliveries.js'

export interface Range {
  readonly first: number
  /** After the last. */
  readonly end: number
}

/** Times of day, in milliseconds. */
export interface Timeline {
  /** From when on spans count as live ones before the outage; the first of a process are slower. */
  readonly settledAt: number
  readonly goneAt: number
  readonly returnedAt: number
}

export interface Missing {
  readonly count: number
  /** The number of the first of them. */
  readonly first: number | undefined
}

/** In milliseconds; NaN where there was none. */
export interface Quantiles {
  readonly p50: number
  readonly p99: number
}

export interface Figures {
  readonly delivered: number
  /** Spans that were accepted more than once. */
  readonly twice: number
  readonly requestsAgain: number
  /** Of each range that was asked for. */
  readonly missing: readonly Missing[]
  /** From the backend's return to when the last span of before was accepted, in milliseconds; undefined if none was. */
  readonly drainedMillis: number | undefined
  /**
   * From the end of a span until it was accepted: before the outage; of spans that ended between the return and the first
   * delivery after it, when nobody knew of the return; and of those that ended after that, while the backlog was drained.
   */
  readonly liveBefore: Quantiles
  readonly liveUntilFirst: Quantiles
  readonly liveInDrain: Quantiles
}

export function figuresOf(deliveries: Deliveries, timeline: Timeline, ranges: readonly Range[], firstMillis = 0): Figures {
  const { acceptedAt, endedAt, again } = deliveries
  const settled = deliveries.since(timeline.settledAt)
  const gone = deliveries.since(timeline.goneAt)
  const returned = deliveries.since(timeline.returnedAt)
  const first = returned + Math.ceil(firstMillis)
  let twice = 0
  let drained = 0
  for (let i = 0; i < acceptedAt.length; i++) {
    if (again[i]! > 0) twice++
    if (acceptedAt[i]! >= returned && endedAt[i]! < returned) drained = Math.max(drained, acceptedAt[i]!)
  }
  return {
    delivered: deliveries.delivered,
    twice,
    requestsAgain: deliveries.requestsAgain,
    missing: ranges.map((range) => missingOf(acceptedAt, range)),
    drainedMillis: drained === 0 ? undefined : drained - returned,
    liveBefore: delays(deliveries, settled, gone, gone),
    liveUntilFirst: delays(deliveries, returned, first, Infinity),
    liveInDrain: delays(deliveries, first, drained, Infinity),
  }
}

function missingOf(acceptedAt: Uint32Array, range: Range): Missing {
  let count = 0
  let first: number | undefined
  for (let i = range.first; i < range.end; i++) {
    if (acceptedAt[i] !== 0) continue
    first ??= i
    count++
  }
  return { count, first }
}

/** Of spans that ended from `from` to before `to`, and were accepted before `limit`. */
function delays({ acceptedAt, endedAt }: Deliveries, from: number, to: number, limit: number): Quantiles {
  const found: number[] = []
  for (let i = 0; i < acceptedAt.length; i++) {
    const accepted = acceptedAt[i]!
    if (accepted !== 0 && accepted < limit && endedAt[i]! >= from && endedAt[i]! < to) found.push(accepted - endedAt[i]!)
  }
  const sorted = Float64Array.from(found).toSorted()
  return { p50: rank(sorted, 0.5), p99: rank(sorted, 0.99) }
}

function rank(sorted: Float64Array, quantile: number): number {
  return sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)] ?? NaN
}
