// SPDX-License-Identifier: Apache-2.0
import type { BatchOutcome } from '../../span-batch.js'
import { BatchTally } from '../batch-tally.js'
import type { TransportClock } from '../clock.js'
import type { Failure } from '../exporter-error.js'
import type { BodyCompressor } from '../request/body-compressor.js'
import { RequestQueue } from './request-queue.js'
import type { RequestSpool } from './request-spool.js'
import { StoredRequest } from './stored-request.js'
import type { StoredBody, StoredRequestParts } from './stored-request.js'

export interface RequestStoreParts {
  readonly clock: TransportClock
  /** Compresses what waits. */
  readonly compressor: BodyCompressor
  /** Where requests are written to; undefined if they wait in memory alone. */
  readonly spool: RequestSpool | undefined
  /** How long a request waits in memory, in milliseconds. */
  readonly maxStoredMillis: number
  readonly contentType: StoredBody['contentType']
  /** The backend, in a form that may be shown. */
  readonly where: string
}

/** After this time, in milliseconds, requests that the disk has refused are written again. */
const WRITE_AGAIN_MILLIS = 5000

/**
 * Requests that wait until the backend is back. They are compressed where they wait, one after the other, so that the same
 * memory holds as many spans as possible. With a spool each is then written to disk, and its memory is given back.
 *
 * A request stays in the store while it is sent, and leaves it when it is settled: exported, failed, or kept on disk for the
 * next process.
 */
export class RequestStore {
  /** Compressing ends when it ends. Not one for all stores: Node.js warns of eleven listeners of a signal. */
  readonly #never = new AbortController().signal
  /** Called when there is a request that can be sent. `closing` says when its last attempt is due. */
  onArrival: (closing?: AbortSignal) => void = () => {}
  readonly #parts: RequestStoreParts
  readonly #queue: RequestQueue
  /** Requests that are to be compressed and written, in the order of their arrival. */
  readonly #unready: StoredRequest[] = []
  /** Requests whose outcome is known, and is being written to disk. */
  readonly #settling = new Map<StoredRequest, BatchOutcome>()
  /** Requests that the disk has refused. */
  #refused: StoredRequest[] = []
  #worked: Promise<void> | undefined
  #isClosed = false
  /** Whether the process is in its `exit` event. What was kept then is on disk, and nothing must touch it any more. */
  #isOver = false

  constructor(parts: RequestStoreParts) {
    this.#parts = parts
    this.#queue = new RequestQueue(parts.clock, parts.maxStoredMillis, parts.spool !== undefined, (request) => {
      const millis = parts.maxStoredMillis
      this.#fail(request, { reason: 'expired', status: undefined, message: `the backend was down for more than ${millis} ms` })
    })
  }

  /**
   * Keeps a copy of a request. Returns how much memory it holds, in bytes. With `last` no attempt follows: the request is kept on
   * disk, or it has failed for that reason.
   */
  put(bytes: Uint8Array, parts: Omit<StoredRequestParts, 'storedAt'>, last?: Failure): number {
    // Memory of its own: that of the batch is used again at once.
    const copy = Buffer.allocUnsafeSlow(bytes.byteLength)
    copy.set(bytes)
    const { clock, contentType } = this.#parts
    const request = new StoredRequest({ ...parts, storedAt: clock.now() }, { bytes: copy, encoding: 'none', contentType })
    request.lastFailure = last
    this.#queue.add(request)
    this.#makeReady(request)
    if (last === undefined) this.onArrival(parts.closing)
    return copy.byteLength
  }

  /** The oldest request that nobody has taken. It is the caller's until it is settled, halved, put back or given up. */
  takeOldest(): StoredRequest | undefined {
    const ofSpool = this.#parts.spool?.take()
    const ofMemory = this.#queue.oldest
    // At the same age that in memory: it may be a part of what was on disk, and memory is scarcer.
    if (ofSpool !== undefined && (ofMemory === undefined || ofSpool.order < ofMemory.order)) return ofSpool
    if (ofSpool !== undefined) this.#parts.spool?.putBack(ofSpool)
    if (ofMemory !== undefined) ofMemory.isTaken = true
    return ofMemory
  }

  /** The body of a request that was taken. Undefined if it cannot be read any more; it is then settled. */
  async read(request: StoredRequest): Promise<StoredBody | undefined> {
    return request.body ?? (await this.#parts.spool?.read(request))
  }

  putBack(request: StoredRequest): void {
    request.isTaken = false
    if (request.entry === undefined) this.#queue.expire()
    else this.#parts.spool?.putBack(request)
  }

  async settle(request: StoredRequest, outcome: BatchOutcome): Promise<void> {
    if (this.#isOver) return
    this.#queue.delete(request)
    // On disk first: after a crash in between it would be sent again, although it has arrived.
    this.#settling.set(request, outcome)
    await this.#endOnDisk(request)
    this.#settling.delete(request)
    request.settle(outcome)
  }

  /** Replaces a request that the backend does not take in one piece. Its record stays on disk until both halves are settled. */
  halve(request: StoredRequest, halves: readonly (StoredBody & { readonly spanCount: number })[]): void {
    if (this.#isOver) return
    this.#queue.delete(request)
    request.divided ??= this.#parts.spool?.divide(request)
    for (const half of request.replace(halves)) {
      this.#queue.add(half)
      this.#makeReady(half)
    }
  }

  /** No attempt follows for these: they are kept on disk, or they have failed. */
  giveUp(isMeant: (request: StoredRequest) => boolean, failure: Failure): void {
    this.#parts.spool?.keep((request) => !request.isTaken && isMeant(request))
    for (const request of this.#queue.filter((one) => !one.isTaken && isMeant(one))) {
      // It may yet be written, and then it is kept. A part gets a record of its own: others of its record may have arrived.
      const isKept = this.#parts.spool !== undefined && (request.isUnready || request.divided !== undefined)
      if (!isKept) this.#fail(request, failure)
      else {
        request.lastFailure = failure
        if (!request.isUnready) this.#makeReady(request)
      }
    }
  }

  /**
   * Writes what is in memory to disk in the call, for the `exit` event of a process. What cannot be written has failed.
   * Returns how many requests that were: each makes room for another one.
   */
  keepNow(failure: Failure): number {
    const { spool } = this.#parts
    this.#isOver = true
    let count = this.#settling.size
    spool?.finishNow()
    for (const [request, outcome] of this.#settling) request.settle(outcome)
    this.#settling.clear()
    for (const request of this.#queue.filter(() => true)) {
      if (request.entry === undefined && spool?.writeNow(request) === true) spool.endPartNow(request)
      if (request.entry === undefined) {
        this.#fail(request, failure)
        count += 1
      }
      request.isTaken = false
    }
    count += spool?.keep(() => true) ?? 0
    for (const request of this.#queue.filter(({ isSettled }) => isSettled)) this.#queue.delete(request)
    return count
  }

  /** Nothing is sent any more. Resolves when everything is on disk. */
  async close(): Promise<void> {
    this.#isClosed = true
    const { spool } = this.#parts
    if (spool === undefined) return
    await this.#worked
    await spool.close()
  }

  /** Those of which a record stays on disk are kept: they are part of it. */
  #fail(request: StoredRequest, failure: Failure): void {
    if (request.isInDivided) {
      this.#queue.delete(request)
      request.settle({ exported: 0, failed: {}, kept: request.spanCount })
      return
    }
    const tally = new BatchTally(request.spanCount, this.#parts.where)
    tally.fail(request.spanCount, failure)
    this.#queue.delete(request)
    request.settle(tally.outcome())
  }

  #endOnDisk(request: StoredRequest): Promise<void> | undefined {
    const { spool } = this.#parts
    if (request.divided !== undefined) return spool?.endPart(request)
    return request.entry === undefined ? undefined : spool?.settle(request)
  }

  #makeReady(...requests: readonly StoredRequest[]): void {
    for (const request of requests) request.isUnready = true
    this.#unready.push(...requests)
    if (this.#unready.length > 0) this.#worked ??= this.#makeAllReady()
  }

  async #makeAllReady(): Promise<void> {
    for (let request = this.#unready[0]; request !== undefined; request = this.#unready[0]) {
      // oxlint-disable-next-line no-await-in-loop -- one at a time: the thread pool is the application's, too
      await this.#compress(request)
      // oxlint-disable-next-line no-await-in-loop -- in this order
      await this.#write(request)
      this.#unready.shift()
      request.isUnready = false
      if (request.lastFailure !== undefined && !request.isSettled && !request.isTaken) this.#end(request, request.lastFailure)
    }
    this.#worked = undefined
  }

  async #compress(request: StoredRequest): Promise<void> {
    const { body } = request
    if (body === undefined || body.encoding !== 'none' || request.isTaken) return
    const { bytes, encoding = 'none' } = await this.#parts.compressor.compress({ at: Infinity, signal: this.#never }, body.bytes)
    // Meanwhile it may have been sent.
    if (request.body !== body || bytes.byteLength >= body.bytes.byteLength) return
    request.shrinkTo({ ...body, bytes: exactly(bytes), encoding })
  }

  async #write(request: StoredRequest): Promise<void> {
    const { spool, clock } = this.#parts
    if (spool === undefined || request.body === undefined || request.isSettled || this.#isOver) return
    // It is on disk already, until it has to outlive its siblings.
    if (request.isInDivided && request.lastFailure === undefined) return
    const isWritten = await spool.write(request)
    if (this.#isOver) return
    if (isWritten && request.divided !== undefined) await spool.endPart(request)
    if (!isWritten) {
      if (this.#isClosed || request.lastFailure !== undefined) return
      if (this.#refused.push(request) === 1) clock.startTimer(() => this.#writeAgain(), WRITE_AGAIN_MILLIS)
      return
    }
    // Meanwhile it was sent, or the spool was full and has dropped it.
    if (request.isSettled) await spool.settle(request)
    else {
      this.#queue.delete(request)
      if (!request.isTaken) request.shrinkTo(undefined)
    }
  }

  #writeAgain(): void {
    this.#makeReady(...this.#refused.splice(0).filter(({ isSettled }) => !isSettled))
  }

  #end(request: StoredRequest, failure: Failure): void {
    if (request.entry === undefined) this.#fail(request, failure)
    else this.#parts.spool?.keep((one) => one === request)
  }
}

/** zlib returns parts of larger buffers. */
function exactly(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength === bytes.byteLength ? bytes : Uint8Array.prototype.slice.call(bytes)
}
