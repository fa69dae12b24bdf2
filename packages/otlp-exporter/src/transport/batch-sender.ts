// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { AnswerWarnings } from './answer/answer-warnings.js'
import { tooLarge } from './answer/verdict.js'
import type { BatchTally } from './batch-tally.js'
import type { Slot, Slots } from './connection/slots.js'
import type { Failure } from './exporter-error.js'
import type { Operation } from './operation.js'
import { internalFailure } from './redaction/internal-failure.js'
import { Secrets } from './redaction/secrets.js'
import { BodyCompressor } from './request/body-compressor.js'
import type { Codecs } from './request/body-compressor.js'
import { PendingRequest } from './request/pending-request.js'
import type { SendableBatch } from './request/pending-request.js'
import type { RequestHeaders } from './request/request-headers.js'
import type { Backend } from './retry/backend.js'
import type { RequestSender, SentVerdict } from './retry/request-sender.js'
import type { RequestStore } from './store/request-store.js'
import type { StoredRequestParts } from './store/stored-request.js'
import type { HeaderTexts, TransportSettings } from './transport-settings.js'

type Range = readonly [from: number, to: number]

/** A batch that is being sent. */
interface UnderWay {
  readonly batch: SendableBatch
  /** The requests that have no verdict yet. A stack: the last one is sent first. */
  readonly ranges: Range[]
  readonly tally: BatchTally
}

/**
 * Takes a batch through its steps: headers, a slot, then one request after another. A request that is too large is halved. In an
 * outage, what was not delivered is stored.
 */
export class BatchSender {
  readonly #settings: TransportSettings
  readonly #slots: Slots
  readonly #headers: RequestHeaders
  readonly #sender: RequestSender
  readonly #backend: Backend
  readonly #requests: RequestStore
  readonly #compressor: BodyCompressor
  readonly #underWay = new Map<Operation, UnderWay>()
  readonly #warnings: AnswerWarnings

  constructor(
    settings: TransportSettings,
    clock: Clock,
    parts: {
      slots: Slots
      headers: RequestHeaders
      sender: RequestSender
      backend: Backend
      store: RequestStore
      warnings: AnswerWarnings
      codecs?: Codecs | undefined
    },
  ) {
    this.#settings = settings
    this.#slots = parts.slots
    this.#headers = parts.headers
    this.#sender = parts.sender
    this.#backend = parts.backend
    this.#requests = parts.store
    this.#warnings = parts.warnings
    this.#compressor = new BodyCompressor(clock, settings.compression, parts.codecs)
  }

  /** Never rejects. When it resolves, every span of the batch is in the tally. */
  async send(operation: Operation, batch: SendableBatch, tally: BatchTally): Promise<void> {
    if (batch.spanCount === 0) return
    const underWay: UnderWay = { batch, ranges: [[0, batch.spanCount]], tally }
    this.#underWay.set(operation, underWay)
    await this.#sendBatch(operation, underWay)
    this.#underWay.delete(operation)
  }

  /** Stores what has no verdict yet, in the call: nothing is awaited in the `exit` event of a process. False if there is nothing. */
  storeNow(operation: Operation, failure: Failure): boolean {
    const underWay = this.#underWay.get(operation)
    // Whoever has given a batch up has counted its spans as failed.
    if (underWay === undefined || !operation.mayStore || operation.signal.aborted) return false
    this.#underWay.delete(operation)
    this.#store(operation, underWay, failure)
    return true
  }

  async #sendBatch(operation: Operation, underWay: UnderWay): Promise<void> {
    const { batch, tally } = underWay
    if (this.#backend.isOutageFor(operation)) return this.#store(operation, underWay)
    // Headers first, then the slot: a token service that hangs must not occupy connections.
    const { headers: own } = batch
    const headers = own === undefined ? await this.#headers.resolve(operation) : ({ kind: 'headers', values: own } as const)
    if (headers.kind === 'failed') {
      tally.fail(batch.spanCount, headers)
      return
    }
    const slot = await this.#slots.acquire(operation)
    if (slot === undefined) {
      if (operation.mayStore && !operation.signal.aborted) return this.#store(operation, underWay)
      const reason = operation.signal.aborted ? operation.endedBy : 'timeout'
      tally.fail(batch.spanCount, { reason, status: undefined, message: 'every connection was busy' })
      return
    }
    try {
      await this.#sendRanges(operation, slot, headers.values, underWay)
    } catch (error) {
      tally.fail(tally.openCount, internalFailure(error, new Secrets(this.#settings, headers.values)))
    } finally {
      this.#slots.release(slot)
    }
  }

  async #sendRanges(operation: Operation, slot: Slot, headers: HeaderTexts, underWay: UnderWay): Promise<void> {
    const { batch, ranges, tally } = underWay
    for (let range = ranges.at(-1); range !== undefined; range = ranges.at(-1)) {
      const count = range[1] - range[0]
      // oxlint-disable-next-line no-await-in-loop -- one request after the other, in one slot
      const verdict = await this.#sendRange(operation, slot, batch, range, headers, tally)
      if (verdict.kind === 'waits') return this.#store(operation, underWay, verdict.isLast ? verdict.failure : undefined)
      ranges.pop()
      if (verdict.kind === 'too-large') {
        if (count > 1) ranges.push(...halves(range))
        else tally.fail(1, tooLarge(verdict))
      } else if (verdict.kind === 'failed') {
        tally.fail(count, verdict)
      } else {
        tally.accept(count, verdict.status, verdict.partial)
        this.#warnings.warnAbout(count, verdict)
      }
      if (ranges.length > 0) batch.onPart?.()
    }
  }

  /** Stores what is left of a batch, in the order in which it would be sent. After the last attempt, only to outlive the process. */
  #store(operation: Operation, { batch, ranges, tally }: UnderWay, last?: Failure): void {
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const [from, to] = range
      const request = batch.assemble(from, to)
      tally.store(to - from, this.#requests.put(request.bytes, { ...storedParts(operation), spanCount: to - from }, last))
      request.release()
    }
  }

  async #sendRange(
    operation: Operation,
    slot: Slot,
    batch: SendableBatch,
    [from, to]: Range,
    headers: HeaderTexts,
    tally: BatchTally,
  ): Promise<SentVerdict> {
    const { maxRequestBytes } = this.#settings
    const isWhole = to - from === batch.spanCount
    if (isWhole && to > 1 && batch.byteLength > maxRequestBytes) return { kind: 'too-large', status: undefined }
    const request = new PendingRequest(this.#settings, this.#compressor, { batch, from, to, headers })
    try {
      return await this.#sender.send(operation, slot, request, () => tally.attempt())
    } finally {
      request.letGo()
    }
  }
}

function storedParts({ order, deadline }: Operation): Pick<StoredRequestParts, 'order' | 'closing' | 'onSettled'> {
  const { closing, storedClosing = closing, onStoredOutcome = () => {} } = deadline
  return { order, closing: storedClosing, onSettled: onStoredOutcome }
}

/** In the order of a stack: the first half is sent first, so that spans stay in order. */
function halves([from, to]: Range): [Range, Range] {
  const middle = from + Math.floor((to - from) / 2)
  return [
    [middle, to],
    [from, middle],
  ]
}
