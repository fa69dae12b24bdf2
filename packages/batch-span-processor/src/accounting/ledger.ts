// SPDX-License-Identifier: Apache-2.0
import type { StoredOutcome } from '@spanring/core'
import { MAX_REASONS } from '../limits.js'

/**
 * Why a span was never handed to the exporter, in this order: it ended while `maxQueueSize` spans waited; it ended after
 * `shutdown` was called; it was still waiting when `shutdown` ran out of time; its span context could not be read.
 */
export type DropReason = 'queue_full' | 'already_shutdown' | 'shutdown' | 'invalid_span'

/**
 * The counts of all spans. `ended = exported + Σ failed + Σ dropped + queued + encoded + inFlight + stored` holds at every
 * moment. `kept` is a part of `stored`.
 */
export interface SpanCounts {
  /** Sampled spans given to `onEnd`. */
  readonly ended: number
  /** Spans that the exporter reported as exported. */
  readonly exported: number
  /**
   * Spans that wait as objects, at most `queueCapacity`: in the queue, or in the batch that is being filled for an exporter
   * that takes arrays.
   */
  readonly queued: number
  /** Spans that wait as bytes, in batches of an incremental exporter that have not been sent yet. */
  readonly encoded: number
  /** Spans handed to the exporter whose outcome is not known yet. */
  readonly inFlight: number
  /**
   * Spans that the exporter keeps past their deadline, because the backend is down, and sends when it is back. Neither
   * exported nor lost.
   */
  readonly stored: number
  /** Those of the stored spans that outlive this process, on disk. */
  readonly kept: number
  /** Spans never handed to the exporter, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>
  /**
   * Spans that the exporter was given and did not export, by reason: `export_failed`, `timeout`, `rejected`, `shutdown`, or a
   * reason of the exporter's own.
   */
  readonly failed: Readonly<Record<string, number>>
}

/** What `stats()` returns. */
export interface ProcessorStats extends SpanCounts {
  /** Exports that passed their deadline and have not called back. Their spans count as failed; we no longer hold them. */
  readonly abandonedExports: number
  /** How many spans may wait as objects: `maxQueueSize`, plus one batch for an exporter that takes arrays. */
  readonly queueCapacity: number
}

/** The ledger as other code sees it: others report transitions and read the counts, but cannot change them directly. */
export type Transitions = Omit<Ledger, keyof SpanCounts>

/**
 * The counts of all spans. Each method is one transition of spans, and keeps the equation of {@link SpanCounts} (I1, R4).
 *
 * The counts are fields of this object itself. If they were in a separate object, every `onEnd` would have to fetch that, too.
 */
export class Ledger implements SpanCounts {
  ended = 0
  exported = 0
  queued = 0
  encoded = 0
  inFlight = 0
  stored = 0
  kept = 0
  readonly dropped: Record<DropReason, number> = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }
  readonly failed: Record<string, number> = Object.create(null) as Record<string, number>
  readonly #refused: Record<string, number> = {}

  /** The live counts. */
  get counts(): SpanCounts {
    return this
  }

  /** Those of the failed spans that an incremental exporter refused to add, so that no batch ever held them. */
  get refused(): Readonly<Record<string, number>> {
    return this.#refused
  }

  /** Spans that have neither been handed over nor lost. */
  get waiting(): number {
    return this.queued + this.encoded
  }

  /** Stored spans whose final outcome this process still waits for. */
  get awaited(): number {
    return this.stored - this.kept
  }

  /** A span ended and was queued. */
  admit(): void {
    this.ended++
    this.queued++
  }

  /** A span ended and was not queued. */
  drop(reason: DropReason): void {
    this.ended++
    this.dropped[reason]++
  }

  /** A queued span became bytes in a batch. */
  encode(): void {
    this.queued--
    this.encoded++
  }

  /** The exporter refused to add a queued span to a batch, for good. */
  refuse(reason: string): void {
    this.queued--
    this.#refused[reason] = (this.#refused[reason] ?? 0) + 1
    this.#fail(reason, 1)
  }

  /** A batch was handed to the exporter. */
  handOver(count: number, isEncoded: boolean): void {
    this[isEncoded ? 'encoded' : 'queued'] -= count
    this.inFlight += count
  }

  /**
   * The exporter has told what has become of spans. `count` of them were in flight: those that are neither exported nor failed
   * are stored from now on. Where it is 0, the spans were stored, and those that are kept remain so.
   */
  settle(count: number, { exported, failed, kept = 0 }: StoredOutcome): void {
    this.inFlight -= count
    this.stored += count - exported - sum(failed)
    this.kept += kept
    this.exported += exported
    for (const reason in failed) this.#fail(reason, failed[reason] as number)
  }

  /** Shutdown ran out of time: every waiting span is lost. Returns their number. */
  sweep(): number {
    const lost = this.waiting
    this.dropped.shutdown += lost
    this.queued = this.encoded = 0
    return lost
  }

  #fail(reason: string, count: number): void {
    if (count === 0) return
    const { failed } = this
    const key = reason in failed || Object.keys(failed).length < MAX_REASONS ? reason : 'other'
    failed[key] = (failed[key] ?? 0) + count
  }
}

export function sum(counts: Readonly<Record<string, number>>): number {
  let total = 0
  for (const key in counts) total += counts[key] as number
  return total
}

/** All spans lost so far. */
export function lostIn(counts: SpanCounts): number {
  return sum(counts.dropped) + sum(counts.failed)
}

/** A copy that later transitions do not change. */
export function snapshot(counts: SpanCounts): SpanCounts {
  return { ...counts, dropped: { ...counts.dropped }, failed: { ...counts.failed } }
}
