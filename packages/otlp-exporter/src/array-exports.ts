// SPDX-License-Identifier: Apache-2.0
import type { Deadline, StoredOutcome } from '@spanring/core'
import type { BufferedBatch } from './buffered-batch.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome } from './span-batch.js'
import { ExporterError } from './transport/exporter-error.js'
import type { FailureReason } from './transport/exporter-error.js'

/** How long one stretch of encoding may block the event loop, in milliseconds. */
const STRETCH_MILLIS = 0.5
/** How many spans are encoded between two readings of the clock. */
const SPANS_PER_CLOCK_READING = 8
/** How many spans a batch may get from arrays of one span that queue together. */
const SHARED_SPANS = 512
/**
 * How long after the first of these arrays another one may still join its batch, in milliseconds. The deadline of the first
 * array applies to the whole batch.
 */
const SHARED_MILLIS = 100
/**
 * Arrays wait as objects, which `maxBufferedBytes` does not count. So no more spans than this may wait for room in all, and
 * an array does not wait while more spans than this queue behind it. By default the queue of a processor holds as many. The
 * array's own spans do not count, because a larger array could then never wait.
 */
const MAX_WAITING_SPANS = 2048

export interface ArrayExportsParts {
  /** Opens a batch. Returns undefined while there is no room, and `onRoom` is called once there is. */
  readonly openBatch: (onRoom: () => void) => BufferedBatch | undefined
  readonly now: () => number
  /** Resolves in a later iteration of the event loop. */
  readonly nextIteration: () => Promise<void>
  /** Resolves to true with `event`, or to false when the deadline has passed. */
  readonly inTime: (deadline: Deadline, event: Promise<void>) => Promise<boolean>
  /** Called when an array is encoded, once for each reason why spans in it were refused. */
  readonly onRefused: (reason: string, count: number) => void
}

/** An array that is not encoded yet, or only in part. */
interface QueuedArray {
  readonly spans: readonly ReadableSpan[]
  /** The index of the next span. */
  next: number
  readonly deadline: Deadline
}

/** A batch with the spans of one or more arrays. */
class SharedBatch {
  readonly batch: BufferedBatch
  readonly deadline: Deadline
  readonly outcome: Promise<BatchOutcome>
  readonly #inTime: ArrayExportsParts['inTime']
  #settle: (outcome: Promise<BatchOutcome>) => void = () => {}

  constructor(batch: BufferedBatch, deadline: Deadline, inTime: ArrayExportsParts['inTime']) {
    this.batch = batch
    this.deadline = deadline
    this.#inTime = inTime
    this.outcome = new Promise((resolve) => (this.#settle = resolve))
  }

  sendOrDiscard(): void {
    if (this.batch.spanCount > 0) this.#settle(this.#send())
    else this.batch.discard()
  }

  /** Spans that are stored may yet be delivered by the deadline. */
  async #send(): Promise<BatchOutcome> {
    const { batch, deadline } = this
    let stored = batch.spanCount
    let kept = 0
    let error: Error | undefined
    let onSettled = (): void => {}
    const settled = new Promise<void>((resolve) => (onSettled = resolve))
    const onStoredOutcome = (later: StoredOutcome): void => {
      kept += later.kept ?? 0
      stored -= later.exported + (later.kept ?? 0)
      for (const reason in later.failed) {
        const count = later.failed[reason]!
        stored -= count
        // What the disk has lost comes without the error of a request.
        if (count > 0) error ??= (later.error as Error | undefined) ?? lostLater(reason, count)
      }
      if (stored <= 0) onSettled()
    }
    const outcome = await batch.send({ ...deadline, onStoredOutcome })
    stored -= batch.spanCount - (outcome.stored ?? 0)
    if (!outcome.stored || (stored > 0 && !(await this.#inTime(deadline, settled)))) return outcome
    // Those that are kept have not arrived.
    return { ...outcome, stored: kept, ...(error !== undefined && { error }) }
  }
}

/**
 * Exports arrays, for processors that do not fill batches. Arrays are encoded one after the other and in stretches, so that
 * a processor that exports inside `span.end()` does not block there. They are sent in as many requests as their size demands.
 *
 * Arrays of one span share a request while they queue: otherwise a processor that exports every span by itself would need a
 * buffer and a request for each one. Larger arrays do not share a request, because their size was chosen by someone.
 */
export class ArrayExports {
  readonly #parts: ArrayExportsParts
  /** Resolves when every array that was exported so far is encoded or refused. */
  #encoded: Promise<void> = Promise.resolve()
  /** The arrays that are not encoded yet, in the order in which they were exported. */
  readonly #queue = new Set<QueuedArray>()
  #queuedArrays = 0
  /** The spans of all arrays that are not encoded yet. */
  #queuedSpans = 0
  #isWaiting = false
  #isClosed = false
  /** When to yield to the event loop. Shared by all arrays that queue together, because each may have only one span. */
  #stretchEnd = -Infinity
  #open: SharedBatch | undefined
  #wake = (): void => {}
  readonly #onRoom = (): void => this.#wake()

  constructor(parts: ArrayExportsParts) {
    this.#parts = parts
  }

  /** Resolves when every array that was exported before this call is encoded or refused. */
  get encoded(): Promise<void> {
    return this.#encoded
  }

  /** Ends all waits for room. Sends what is encoded, and refuses the remaining spans. */
  close(): void {
    this.#isClosed = true
    this.#send()
    this.#wake()
  }

  /**
   * For the `exit` event of a process, in which no promise settles: encodes and sends what is queued, as far as there is room.
   * May be called again.
   */
  drainNow(): void {
    // A getter of a span may have ended the process.
    if (this.#open?.batch.isAdding === true) return
    for (const array of this.#queue) {
      while (array.next < array.spans.length) {
        const shared = (this.#open ??= this.#openBatch(array.deadline))
        const result = shared === undefined ? 'full' : shared.batch.add(array.spans[array.next] as ReadableSpan)
        if (result === 'full') {
          if (shared === undefined || shared.batch.spanCount === 0) return
          this.#send()
        } else {
          array.next++
          if (result !== 'added') this.#parts.onRefused(result, 1)
        }
      }
    }
    this.#send()
  }

  /** Resolves when the outcome of every span is known: to the first error, or to undefined if all were exported. */
  async export(spans: readonly ReadableSpan[], deadline: Deadline): Promise<Error | undefined> {
    const refused = new Map<string, number>()
    const batches = new Set<SharedBatch>()
    if (this.#isWaiting && this.#queuedSpans + spans.length > MAX_WAITING_SPANS) refused.set('buffer_full', spans.length)
    else await this.#encode({ spans, next: 0, deadline }, batches, refused)
    let error: Error | undefined
    for (const [reason, count] of refused) {
      this.#parts.onRefused(reason, count)
      error ??= refusal(reason, count)
    }
    for (const outcome of await Promise.all([...batches].map((batch) => batch.outcome)))
      error ??= outcome.error ?? notYet(outcome)
    return error
  }

  async #encode(array: QueuedArray, batches: Set<SharedBatch>, refused: Map<string, number>): Promise<void> {
    const { spans, deadline } = array
    const previous = this.#encoded
    let onEncoded = (): void => {}
    this.#encoded = new Promise((resolve) => (onEncoded = resolve))
    this.#queue.add(array)
    this.#queuedArrays++
    this.#queuedSpans += spans.length
    await previous
    this.#queuedArrays--
    const mayShare = spans.length === 1
    try {
      if (!mayShare || deadline.at - (this.#open?.deadline.at ?? Infinity) > SHARED_MILLIS) this.#send()
      await this.#addAll(array, batches, refused)
    } finally {
      this.#queue.delete(array)
      this.#queuedSpans -= spans.length
      const openSpans = this.#open?.batch.spanCount
      // An empty batch must not stay open, because its deadline is that of an array that has no span in it.
      if (!mayShare || this.#queuedArrays === 0 || openSpans === 0 || (openSpans ?? 0) >= SHARED_SPANS) this.#send()
      if (this.#queuedArrays === 0) this.#stretchEnd = -Infinity
      onEncoded()
    }
  }

  async #addAll(array: QueuedArray, batches: Set<SharedBatch>, refused: Map<string, number>): Promise<void> {
    const { spans, deadline } = array
    const { now, nextIteration } = this.#parts
    if (this.#stretchEnd === -Infinity) this.#stretchEnd = now() + STRETCH_MILLIS
    for (let i = 0; i < spans.length; i = array.next) {
      if (this.#isClosed) return void refused.set('shutdown', spans.length - i)
      const shared = (this.#open ??= this.#openBatch(deadline))
      const result = shared === undefined ? 'full' : shared.batch.add(spans[i] as ReadableSpan)
      if (result === 'full') {
        if (shared !== undefined && shared.batch.spanCount > 0) this.#send()
        // oxlint-disable-next-line no-await-in-loop -- the span needs the room
        else if (!(await this.#hasRoomInTime(deadline, spans.length))) return void refused.set('buffer_full', spans.length - i)
        continue
      }
      array.next++
      if (result === 'added') batches.add(shared as SharedBatch)
      else refused.set(result, (refused.get(result) ?? 0) + 1)
      if (i % SPANS_PER_CLOCK_READING === 0 && now() >= this.#stretchEnd) {
        // oxlint-disable-next-line no-await-in-loop -- yields to the event loop on purpose
        await nextIteration()
        this.#stretchEnd = now() + STRETCH_MILLIS
      }
    }
  }

  #openBatch(deadline: Deadline): SharedBatch | undefined {
    const batch = this.#parts.openBatch(this.#onRoom)
    return batch && new SharedBatch(batch, deadline, this.#parts.inTime)
  }

  #send(): void {
    this.#open?.sendOrDiscard()
    this.#open = undefined
  }

  /** Waits for room for an array of `spanCount` spans. Resolves to false if the array must not wait, or its deadline passes. */
  async #hasRoomInTime(deadline: Deadline, spanCount: number): Promise<boolean> {
    if (this.#queuedSpans - spanCount > MAX_WAITING_SPANS) return false
    const room = new Promise<void>((resolve) => (this.#wake = resolve))
    this.#isWaiting = true
    const isInTime = await this.#parts.inTime(deadline, room)
    this.#isWaiting = false
    return isInTime
  }
}

/** The error of a call whose spans are stored. */
function notYet({ stored = 0 }: BatchOutcome): Error | undefined {
  if (stored === 0) return undefined
  return new ExporterError('stored', `${stored} ${stored === 1 ? 'span waits' : 'spans wait'} until the backend is back`)
}

function lostLater(reason: string, count: number): Error {
  return new ExporterError(reason as FailureReason, `${count} of the stored spans failed: ${reason}`)
}

function refusal(reason: string, count: number): Error {
  if (reason === 'shutdown') return new Error('the exporter was shut down before there was room')
  if (reason === 'buffer_full') return new Error('no room: maxBufferedBytes of encoded spans are waiting to be sent')
  const why = reason === 'too_large' ? 'larger than maxRequestBytes or maxBufferedBytes' : 'invalid trace or span id'
  return new Error(`${count} ${count === 1 ? 'span' : 'spans'} cannot be sent: ${why}`)
}
