// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { AnswerWarnings } from './answer/answer-warnings.js'
import type { Outage, TooLarge, Verdict } from './answer/verdict.js'
import type { BatchTally } from './batch-tally.js'
import type { Slot, Slots } from './connection/slots.js'
import type { Failure } from './exporter-error.js'
import type { Operation } from './operation.js'
import { internalFailure } from './redaction/internal-failure.js'
import { Secrets } from './redaction/secrets.js'
import { BodyCompressor } from './request/body-compressor.js'
import { PendingRequest } from './request/pending-request.js'
import type { SendableBatch } from './request/pending-request.js'
import type { RequestHeaders } from './request/request-headers.js'
import type { RequestSender } from './retry/request-sender.js'
import type { HeaderTexts, TransportSettings } from './transport-settings.js'

type Range = readonly [from: number, to: number]

/** Takes a batch through its steps: headers, a slot, then one request after another. A request that is too large is halved. */
export class BatchSender {
  readonly #settings: TransportSettings
  readonly #slots: Slots
  readonly #headers: RequestHeaders
  readonly #sender: RequestSender
  readonly #compressor: BodyCompressor
  readonly #warnings: AnswerWarnings

  constructor(
    settings: TransportSettings,
    clock: Clock,
    parts: { slots: Slots; headers: RequestHeaders; sender: RequestSender; warnings: AnswerWarnings },
  ) {
    this.#settings = settings
    this.#slots = parts.slots
    this.#headers = parts.headers
    this.#sender = parts.sender
    this.#warnings = parts.warnings
    this.#compressor = new BodyCompressor(clock, settings.compression)
  }

  /** Never rejects. When it resolves, every span of the batch is in the tally. */
  async send(operation: Operation, batch: SendableBatch, tally: BatchTally): Promise<void> {
    if (batch.spanCount === 0) return
    // Headers first, then the slot: a token service that hangs must not occupy connections.
    const { headers: own } = batch
    const headers = own === undefined ? await this.#headers.resolve(operation) : ({ kind: 'headers', values: own } as const)
    if (headers.kind === 'failed') {
      tally.fail(batch.spanCount, headers)
      return
    }
    const slot = await this.#slots.acquire(operation)
    if (slot === undefined) {
      const reason = operation.signal.aborted ? operation.endedBy : 'timeout'
      tally.fail(batch.spanCount, { reason, status: undefined, message: 'every connection was busy' })
      return
    }
    try {
      await this.#sendRanges(operation, slot, batch, headers.values, tally)
    } catch (error) {
      tally.fail(tally.openCount, internalFailure(error, new Secrets(this.#settings, headers.values)))
    } finally {
      this.#slots.release(slot)
    }
  }

  async #sendRanges(
    operation: Operation,
    slot: Slot,
    batch: SendableBatch,
    headers: HeaderTexts,
    tally: BatchTally,
  ): Promise<void> {
    const ranges: Range[] = [[0, batch.spanCount]]
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const count = range[1] - range[0]
      // oxlint-disable-next-line no-await-in-loop -- one request after the other, in one slot
      const verdict = await this.#sendRange(operation, slot, batch, range, headers, tally)
      if (verdict.kind === 'too-large') {
        if (count > 1) ranges.push(...halves(range))
        else tally.fail(1, tooLarge(verdict))
      } else if (verdict.kind === 'failed') {
        tally.fail(count, verdict)
      } else {
        tally.accept(count, verdict.status, verdict.partial)
        this.#warnings.warnAbout(count, verdict)
      }
    }
  }

  async #sendRange(
    operation: Operation,
    slot: Slot,
    batch: SendableBatch,
    [from, to]: Range,
    headers: HeaderTexts,
    tally: BatchTally,
  ): Promise<Exclude<Verdict, Outage>> {
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

/** In the order of a stack: the first half is sent first, so that spans stay in order. */
function halves([from, to]: Range): [Range, Range] {
  const middle = from + Math.floor((to - from) / 2)
  return [
    [middle, to],
    [from, middle],
  ]
}

/** The failure of a single span. If the limit is the backend's, it includes the backend's message. */
function tooLarge({ status, message, data }: TooLarge): Failure {
  const why = message === undefined ? '' : `: ${message}`
  return { reason: 'too_large', status, message: `a single span is too large${why}`, data }
}
