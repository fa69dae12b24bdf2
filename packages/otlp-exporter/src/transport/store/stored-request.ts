// SPDX-License-Identifier: Apache-2.0
import type { SettledStored } from '../../span-batch.js'
import type { Failure } from '../exporter-error.js'
import type { SpoolEntry, SpoolRecord } from '../../spool/spool.js'

/** The body of a request that waits until the backend is back. */
export interface StoredBody {
  readonly bytes: Uint8Array
  readonly encoding: SpoolRecord['encoding']
  readonly contentType: SpoolRecord['contentType']
}

/** The record of a request that was divided. It stays on disk, for the next process, until none of its parts waits any more. */
export interface DividedRecord {
  readonly entry: SpoolEntry
  /** How many of its parts wait. */
  parts: number
}

/** What the store has to know of a request. */
export interface StoredRequestParts {
  readonly spanCount: number
  /** Grows from batch to batch in the order of their hand-over, in which they are sent. */
  readonly order: number
  /** When it was stored, in milliseconds on the clock's scale. */
  readonly storedAt: number
  /** Aborted when the pipeline of its spans shuts down: one last attempt follows. */
  readonly closing: AbortSignal
  /** Told what has become of its spans, and how much memory was given back. */
  readonly onSettled: (outcome: SettledStored) => void
}

/**
 * A request whose spans are neither exported nor lost: it could not be sent because the backend is down.
 *
 * ```
 *   in memory ── compressed ──► smaller ── written ──► on disk alone (`entry`, no `body`)
 *       any of these: taken by the drain ──► settled, put back, or divided
 *   parts of what is on disk (`divided`) are in memory, and the record stays where it is until all are settled
 * ```
 */
export class StoredRequest implements StoredRequestParts {
  readonly spanCount: number
  readonly order: number
  readonly storedAt: number
  readonly closing: AbortSignal
  readonly onSettled: StoredRequestParts['onSettled']
  /** Undefined while it is on disk alone. */
  body: StoredBody | undefined
  /** What is being written of it; the same object for every try. */
  record: SpoolRecord | undefined
  /** Where it is on disk. */
  entry: SpoolEntry | undefined
  /** The record on disk of which it is a part; undefined once it has a record of its own. */
  divided: DividedRecord | undefined
  /** Whether the drain has it. */
  isTaken = false
  /** Whether it is yet to be compressed, and to be written where there is a spool. */
  isUnready = false
  /** Why its last attempt failed, once no other one follows. */
  lastFailure: Failure | undefined
  #isSettled = false

  /** Whether its memory counts. That of a part of a record on disk does not: it is about to be sent, as what is read from there. */
  readonly #isCounted: boolean

  constructor(
    { spanCount, order, storedAt, closing, onSettled }: StoredRequestParts,
    body: StoredBody | undefined,
    divided?: DividedRecord,
  ) {
    this.divided = divided
    this.#isCounted = divided === undefined
    this.spanCount = spanCount
    this.order = order
    this.storedAt = storedAt
    this.closing = closing
    this.onSettled = onSettled
    this.body = body
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Whether a later process finds its spans on disk, although it waits in memory. */
  get isInDivided(): boolean {
    return this.divided !== undefined && !this.divided.entry.isGone
  }

  /** How much memory it holds that counts, in bytes. */
  get heldBytes(): number {
    return this.#isCounted ? (this.body?.bytes.byteLength ?? 0) : 0
  }

  /** Replaces its body by one that needs less memory, or by none if it is on disk. */
  shrinkTo(body: StoredBody | undefined): void {
    const before = this.heldBytes
    this.body = body
    const freedBytes = before - this.heldBytes
    if (freedBytes !== 0) this.onSettled({ exported: 0, failed: {}, freedBytes })
  }

  /** Ends it. Only the first call counts. */
  settle(outcome: Omit<SettledStored, 'freedBytes'>): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const freedBytes = this.heldBytes
    this.body = undefined
    this.onSettled({ ...outcome, freedBytes })
  }

  /** Ends it without an outcome: its halves have taken its place. */
  replace(halves: readonly (StoredBody & { readonly spanCount: number })[]): StoredRequest[] {
    this.#isSettled = true
    const { order, storedAt, closing, onSettled, divided } = this
    if (divided !== undefined) divided.parts += halves.length - 1
    const parts = halves.map(
      (half) => new StoredRequest({ spanCount: half.spanCount, order, storedAt, closing, onSettled }, half, divided),
    )
    const freedBytes = parts.reduce((freed, { heldBytes }) => freed - heldBytes, this.heldBytes)
    this.body = undefined
    onSettled({ exported: 0, failed: {}, freedBytes })
    return parts
  }
}
