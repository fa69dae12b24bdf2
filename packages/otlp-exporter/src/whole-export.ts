// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from '@spanring/core'
import type { BufferedBatch } from './buffered-batch.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome } from './span-exporter.js'

/** How long one stretch of encoding may keep the event loop, in milliseconds. */
const STRETCH_MILLIS = 0.5
/** How many spans are encoded between two looks at the clock. */
const SPANS_PER_LOOK = 8
/** An array of one span that is queued joins those before it in a batch of no more than so many, */
const SHARED_SPANS = 512
/** if it was handed over so soon after the first, in milliseconds: the batch keeps the deadline of that one. */
const SHARED_MILLIS = 100
/**
 * Arrays wait as objects, which `maxBufferedBytes` does not count. No more spans than this wait for room, as many as a queue
 * has, or queue behind the array that waits: its own do not count, or one with more of them could never wait.
 */
const MAX_WAITING_SPANS = 2048

export interface WholeExportParts {
  /** A new batch, or undefined while no more bytes may be held; `onRoom` is called when that has changed. */
  readonly openBatch: (onRoom: () => void) => BufferedBatch | undefined
  readonly now: () => number
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn: () => Promise<void>
  /** Resolves with `event`, to true, or when the deadline has passed, to false. */
  readonly inTime: (deadline: Deadline, event: Promise<void>) => Promise<boolean>
  /** Called once an array is encoded, for each reason for which spans of it were refused. */
  readonly onRefused: (reason: string, count: number) => void
}

/** A batch with the spans of one array or of several. */
class SharedBatch {
  readonly batch: BufferedBatch
  readonly deadline: Deadline
  readonly outcome: Promise<BatchOutcome>
  #settle: (outcome: Promise<BatchOutcome>) => void = () => {}

  constructor(batch: BufferedBatch, deadline: Deadline) {
    this.batch = batch
    this.deadline = deadline
    this.outcome = new Promise((resolve) => (this.#settle = resolve))
  }

  end(): void {
    if (this.batch.spanCount > 0) this.#settle(this.batch.send(this.deadline))
    else this.batch.discard()
  }
}

/**
 * Exports of arrays, for processors that know no batches: encoded one after the other and in stretches, so that a
 * processor that exports inside `span.end()` does not stall there, and sent in as many requests as their size demands.
 * Those of one span share a request while they queue: a processor that exports every span by itself would otherwise have
 * a buffer and a request for each. Any other has a size that somebody chose.
 */
export class WholeExports {
  readonly #parts: WholeExportParts
  /** Resolves when every array that was handed over so far is encoded. */
  #encoded: Promise<void> = Promise.resolve()
  #queuedArrays = 0
  /** Of all arrays that are not encoded yet. */
  #queuedSpans = 0
  #isWaiting = false
  #isEnded = false
  /** When the event loop has its next turn: of all arrays that queue together, which may be of one span each. */
  #stretchEnd = -Infinity
  #open: SharedBatch | undefined
  #wake = (): void => {}
  readonly #onRoom = (): void => this.#wake()

  constructor(parts: WholeExportParts) {
    this.#parts = parts
  }

  /** Resolves when every array that was handed over before is encoded or refused. */
  get encoded(): Promise<void> {
    return this.#encoded
  }

  /** Nobody waits any more: what is encoded is sent, and everything else that was handed over is refused. */
  end(): void {
    this.#isEnded = true
    this.#send()
    this.#wake()
  }

  /** Resolves when every span has its outcome: to the first error, or to undefined if all were taken. */
  async export(spans: readonly ReadableSpan[], deadline: Deadline): Promise<Error | undefined> {
    const refused = new Map<string, number>()
    const batches = new Set<SharedBatch>()
    if (this.#isWaiting && this.#queuedSpans + spans.length > MAX_WAITING_SPANS) refused.set('buffer_full', spans.length)
    else await this.#encode(spans, deadline, batches, refused)
    let error: Error | undefined
    for (const [reason, count] of refused) {
      this.#parts.onRefused(reason, count)
      error ??= refusal(reason, count)
    }
    for (const outcome of await Promise.all([...batches].map((batch) => batch.outcome))) error ??= outcome.error
    return error
  }

  async #encode(
    spans: readonly ReadableSpan[],
    deadline: Deadline,
    batches: Set<SharedBatch>,
    refused: Map<string, number>,
  ): Promise<void> {
    const turn = this.#encoded
    let onEncoded = (): void => {}
    this.#encoded = new Promise((resolve) => (onEncoded = resolve))
    this.#queuedArrays++
    this.#queuedSpans += spans.length
    await turn
    this.#queuedArrays--
    const mayShare = spans.length === 1
    try {
      if (!mayShare || deadline.at - (this.#open?.deadline.at ?? Infinity) > SHARED_MILLIS) this.#send()
      await this.#addAll(spans, deadline, batches, refused)
    } finally {
      this.#queuedSpans -= spans.length
      const openSpans = this.#open?.batch.spanCount
      // Empty, it would keep the deadline of an array that has nothing in it.
      if (!mayShare || this.#queuedArrays === 0 || openSpans === 0 || (openSpans ?? 0) >= SHARED_SPANS) this.#send()
      if (this.#queuedArrays === 0) this.#stretchEnd = -Infinity
      onEncoded()
    }
  }

  async #addAll(
    spans: readonly ReadableSpan[],
    deadline: Deadline,
    batches: Set<SharedBatch>,
    refused: Map<string, number>,
  ): Promise<void> {
    const { now, nextTurn } = this.#parts
    if (this.#stretchEnd === -Infinity) this.#stretchEnd = now() + STRETCH_MILLIS
    for (let i = 0; i < spans.length; i++) {
      if (this.#isEnded) return void refused.set('shutdown', spans.length - i)
      const shared = (this.#open ??= this.#openBatch(deadline))
      const result = shared === undefined ? 'full' : shared.batch.add(spans[i] as ReadableSpan)
      if (result === 'full') {
        if (shared !== undefined && shared.batch.spanCount > 0) this.#send()
        // oxlint-disable-next-line no-await-in-loop -- the span needs the room
        else if (!(await this.#hasRoomInTime(deadline, spans.length))) return void refused.set('buffer_full', spans.length - i)
        i--
      } else if (result === 'added') {
        batches.add(shared as SharedBatch)
      } else {
        refused.set(result, (refused.get(result) ?? 0) + 1)
      }
      if (i % SPANS_PER_LOOK === 0 && now() >= this.#stretchEnd) {
        // oxlint-disable-next-line no-await-in-loop -- to give the event loop a turn is the point
        await nextTurn()
        this.#stretchEnd = now() + STRETCH_MILLIS
      }
    }
  }

  #openBatch(deadline: Deadline): SharedBatch | undefined {
    const batch = this.#parts.openBatch(this.#onRoom)
    return batch && new SharedBatch(batch, deadline)
  }

  #send(): void {
    this.#open?.end()
    this.#open = undefined
  }

  /** For an array of so many spans. */
  async #hasRoomInTime(deadline: Deadline, spanCount: number): Promise<boolean> {
    if (this.#queuedSpans - spanCount > MAX_WAITING_SPANS) return false
    const room = new Promise<void>((resolve) => (this.#wake = resolve))
    this.#isWaiting = true
    const isInTime = await this.#parts.inTime(deadline, room)
    this.#isWaiting = false
    return isInTime
  }
}

function refusal(reason: string, count: number): Error {
  if (reason === 'shutdown') return new Error('the exporter was shut down before there was room')
  if (reason === 'buffer_full') return new Error('maxBufferedBytes of encoded spans are waiting already')
  const why = reason === 'too_large' ? 'larger than maxRequestBytes or maxBufferedBytes' : 'no valid ids'
  return new Error(`${count} spans cannot be sent: ${why}`)
}
