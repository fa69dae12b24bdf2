// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from './ledger.js'
import { countSpans } from './otlp/count-spans.js'
import { decodeJson } from './otlp/decode-json.js'
import { decodeProtobuf } from './otlp/decode-protobuf.js'
import { DecodeError, type SpanBatch } from './otlp/span-batch.js'
import type { OtlpEncoding } from './otlp/export-response.js'
import { RefusedRequest } from './refused-request.js'
import type { Reply } from './reply.js'
import type { ResolvedSinkOptions } from './sink-options.js'

type State = 'reading' | 'waiting' | 'settled'

/** One request and its answer, over any transport. Its spans are counted once, by the first outcome. */
export class Exchange {
  readonly reply: Reply
  readonly #ledger: Ledger
  readonly #options: ResolvedSinkOptions
  readonly #onDelivered: () => void
  #state: State = 'reading'
  #batch: SpanBatch | undefined

  constructor(reply: Reply, ledger: Ledger, options: ResolvedSinkOptions, onDelivered: () => void) {
    this.reply = reply
    this.#ledger = ledger
    this.#options = options
    this.#onDelivered = onDelivered
  }

  /** Decodes the body and counts its spans; throws a {@link RefusedRequest} if it is not OTLP. */
  receive(body: Uint8Array, encoding: OtlpEncoding): void {
    const batch = this.#decode(body, encoding)
    this.#ledger.decoded(body.length, batch.unknownFields)
    if (this.#options.strict && batch.unknownFields.length > 0) {
      throw new RefusedRequest('unknown-field', 400, `unknown fields: ${batch.unknownFields.join(', ')}`)
    }
    // Spans that can never be delivered take no memory while their request hangs.
    this.#batch = this.#canDeliver() ? batch : { ...batch, spans: [] }
    this.#ledger.received(batch)
    if (this.#state === 'reading') this.#state = 'waiting'
    else this.#ledger.unanswered(batch)
  }

  refuse(refused: RefusedRequest): void {
    this.#ledger.refusal(refused.reason)
  }

  /** Call this right before the status is sent, so that a sender that has its answer finds its spans delivered. */
  answered(status: number): void {
    this.#settle((batch) => {
      if (status >= 300) this.#ledger.refused(batch)
      else {
        this.#ledger.delivered(batch, this.reply.partialSuccess?.rejectedSpans ?? 0)
        this.#onDelivered()
      }
    })
  }

  unanswered(): void {
    this.#settle((batch) => {
      this.#ledger.unanswered(batch)
    })
  }

  #settle(count: (batch: SpanBatch) => void): void {
    if (this.#state === 'settled') return
    this.#state = 'settled'
    if (this.#batch !== undefined) count(this.#batch)
    this.#batch = undefined
  }

  #canDeliver(): boolean {
    const { fault = 'drip', status = 200 } = this.reply
    return (fault === 'drip' || fault === 'cut-after-headers') && status < 300
  }

  #decode(body: Uint8Array, encoding: OtlpEncoding): SpanBatch {
    try {
      if (encoding === 'json') return decodeJson(body)
      return this.#options.keep === 'count' && !this.#options.strict ? countSpans(body) : decodeProtobuf(body)
    } catch (error) {
      if (error instanceof DecodeError) throw new RefusedRequest('decode', 400, error.message)
      throw error
    }
  }
}
