// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { Settings } from '../config/settings.js'
import type { AnswerWarnings } from './answer/answer-warnings.js'
import type { Operation } from './operation.js'
import type { Outcome } from './batch-tally.js'
import { PendingRequest } from './request/pending-request.js'
import type { SendableBatch } from './request/pending-request.js'
import { BodyCompressor } from './request/body-compressor.js'
import type { RequestHeaders } from './request/request-headers.js'
import type { Decision, RequestSender } from './retry/request-sender.js'
import type { Slot, Slots } from './connection/slots.js'
import type { Failure } from './answer/verdict.js'

type Range = readonly [from: number, to: number]
/** Over our own limit, or over that of the backend, which says so with a status. */
type TooLarge = {
  readonly kind: 'too-large'
  readonly status: number | undefined
  readonly message?: string
  readonly data?: string | undefined
}

/** Takes a batch through its steps: headers, a slot, and then request after request, halved where one is too large. */
export class BatchSender {
  readonly #settings: Settings
  readonly #slots: Slots
  readonly #headers: RequestHeaders
  readonly #sender: RequestSender
  readonly #compressor: BodyCompressor
  readonly #warnings: AnswerWarnings

  constructor(
    settings: Settings,
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

  async send(operation: Operation, batch: SendableBatch, outcome: Outcome): Promise<void> {
    if (batch.spanCount === 0) return
    // Before the slot: a token service that hangs must not hold connections.
    const headers = await this.#headers.resolve(operation)
    if (headers.kind === 'failed') {
      outcome.fail(batch.spanCount, headers)
      return
    }
    const slot = await this.#slots.acquire(operation)
    if (slot === undefined) {
      const reason = operation.signal.aborted ? operation.endedBy : 'timeout'
      outcome.fail(batch.spanCount, { reason, status: undefined, message: 'every connection was busy' })
      return
    }
    try {
      await this.#sendRanges(operation, slot, batch, headers.values, outcome)
    } finally {
      this.#slots.release(slot)
    }
  }

  async #sendRanges(
    operation: Operation,
    slot: Slot,
    batch: SendableBatch,
    headers: Readonly<Record<string, string>>,
    outcome: Outcome,
  ): Promise<void> {
    const ranges: Range[] = [[0, batch.spanCount]]
    for (let range = ranges.pop(); range !== undefined; range = ranges.pop()) {
      const count = range[1] - range[0]
      // oxlint-disable-next-line no-await-in-loop -- one request after the other, in one slot
      const decision = await this.#sendRange(operation, slot, batch, range, headers, outcome)
      if (decision.kind === 'too-large') {
        if (count > 1) ranges.push(...halves(range))
        else outcome.fail(1, tooLarge(decision))
      } else if (decision.kind === 'failed') {
        outcome.fail(count, decision)
      } else {
        outcome.accept(count, decision.status, decision.partial)
        this.#warnings.tell(count, decision)
      }
    }
  }

  async #sendRange(
    operation: Operation,
    slot: Slot,
    batch: SendableBatch,
    [from, to]: Range,
    headers: Readonly<Record<string, string>>,
    outcome: Outcome,
  ): Promise<Decision> {
    const { maxRequestBytes } = this.#settings
    const isWhole = to - from === batch.spanCount
    if (isWhole && to > 1 && batch.byteLength > maxRequestBytes) return { kind: 'too-large', status: undefined }
    const request = new PendingRequest(this.#settings, this.#compressor, { batch, from, to, headers })
    try {
      return await this.#sender.send(operation, slot, request, () => outcome.attempt())
    } finally {
      request.letGo()
    }
  }
}

/** The first half is sent first: spans stay in order. */
function halves([from, to]: Range): [Range, Range] {
  const middle = from + Math.floor((to - from) / 2)
  return [
    [middle, to],
    [from, middle],
  ]
}

/** By itself, with what the backend has said of it if it was the backend's limit. */
function tooLarge({ status, message, data }: TooLarge): Failure {
  const why = message === undefined ? '' : `: ${message}`
  return { reason: 'too_large', status, message: `a single span is too large${why}`, data }
}
