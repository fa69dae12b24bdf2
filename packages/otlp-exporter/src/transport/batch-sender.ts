// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/settings.js'
import type { EncodedBatch } from '../encode/encoded-batch.js'
import type { Clock } from './clock.js'
import type { LimitedWarning } from './limited-warning.js'
import type { Operation } from './operation.js'
import type { Outcome } from './outcome.js'
import { PendingRequest } from './pending-request.js'
import { BodyCompressor } from './request-body.js'
import type { RequestHeaders } from './request-headers.js'
import type { Decision, RequestSender } from './request-sender.js'
import type { Slot, Slots } from './slots.js'

type Range = readonly [from: number, to: number]

/** Takes a batch through its steps: headers, a slot, and then request after request, halved where one is too large. */
export class BatchSender {
  readonly #settings: Settings
  readonly #slots: Slots
  readonly #headers: RequestHeaders
  readonly #sender: RequestSender
  readonly #compressor: BodyCompressor
  readonly #partialWarning: LimitedWarning

  constructor(
    settings: Settings,
    clock: Clock,
    parts: { slots: Slots; headers: RequestHeaders; sender: RequestSender; partialWarning: LimitedWarning },
  ) {
    this.#settings = settings
    this.#slots = parts.slots
    this.#headers = parts.headers
    this.#sender = parts.sender
    this.#partialWarning = parts.partialWarning
    this.#compressor = new BodyCompressor(clock, settings.compression)
  }

  async send(operation: Operation, batch: EncodedBatch, outcome: Outcome): Promise<void> {
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
    batch: EncodedBatch,
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
        else outcome.fail(1, { reason: 'too_large', status: decision.status, message: 'a single span is too large' })
      } else if (decision.kind === 'failed') {
        outcome.fail(count, decision)
      } else {
        outcome.accept(count, decision.status, decision.partial)
        if (decision.partial !== undefined) this.#warnOfPartial(count, decision.partial, headers)
      }
    }
  }

  async #sendRange(
    operation: Operation,
    slot: Slot,
    batch: EncodedBatch,
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

  #warnOfPartial(
    count: number,
    { rejectedSpans, message }: { rejectedSpans: number; message: string },
    headers: Readonly<Record<string, string>>,
  ): void {
    const what = rejectedSpans > 0 ? `rejected ${rejectedSpans} of ${count} spans` : 'took the spans and warns'
    this.#partialWarning.say(`${this.#settings.endpoint.printable} ${what}: ${withoutValues(message, headers) || 'no message'}`)
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

/** A backend may say what it was sent; header values are secrets. Short ones are words that occur anywhere. */
function withoutValues(message: string, headers: Readonly<Record<string, string>>): string {
  let text = message
  for (const value of Object.values(headers)) {
    for (const secret of [value, ...value.split(' ')]) if (secret.length >= 4) text = text.replaceAll(secret, '…')
  }
  return text
}
