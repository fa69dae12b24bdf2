// SPDX-License-Identifier: Apache-2.0
import type { Ledger } from './ledger.js'
import { countSpans } from './otlp/count-spans.js'
import { decodeJson } from './otlp/decode-json.js'
import { decodeProtobuf } from './otlp/decode-protobuf.js'
import { DecodeError, type DecodedRequest } from './otlp/decoded-request.js'
import type { OtlpEncoding } from './otlp/export-response.js'
import { RefusedRequest } from './refused-request.js'
import type { Reply } from './reply.js'
import type { ResolvedSinkOptions } from './sink-options.js'

type State = 'reading' | 'waiting' | 'settled'

/** One request and its answer, over any transport. Its spans are counted once, by what happens first. */
export class Exchange {
  readonly reply: Reply
  readonly #ledger: Ledger
  readonly #options: ResolvedSinkOptions
  readonly #onDelivered: () => void
  #state: State = 'reading'
  #decoded: DecodedRequest | undefined

  constructor(reply: Reply, ledger: Ledger, options: ResolvedSinkOptions, onDelivered: () => void) {
    this.reply = reply
    this.#ledger = ledger
    this.#options = options
    this.#onDelivered = onDelivered
  }

  /** Decodes the body and counts its spans; throws a {@link RefusedRequest} if it is not OTLP. */
  receive(body: Uint8Array, encoding: OtlpEncoding): void {
    const decoded = this.#decode(body, encoding)
    this.#ledger.decoded(body.length, decoded.unknownFields)
    if (this.#options.strict && decoded.unknownFields.length > 0) {
      throw new RefusedRequest('unknown-field', 400, `unknown fields: ${decoded.unknownFields.join(', ')}`)
    }
    // Spans that can never be delivered are dropped, so that they take no memory while their request hangs.
    this.#decoded = this.#canDeliver() ? decoded : { ...decoded, spans: [] }
    this.#ledger.received(decoded)
    if (this.#state === 'reading') this.#state = 'waiting'
    else this.#ledger.unanswered(decoded)
  }

  refuse(refused: RefusedRequest): void {
    this.#ledger.refusal(refused.reason)
  }

  /** Call this right before the status is sent, so that a sender that has its answer finds its spans delivered. */
  answered(status: number): void {
    this.#settle((decoded) => {
      if (status >= 300) this.#ledger.refused(decoded)
      else {
        this.#ledger.delivered(decoded, this.reply.partialSuccess?.rejectedSpans ?? 0)
        this.#onDelivered()
      }
    })
  }

  unanswered(): void {
    this.#settle((decoded) => {
      this.#ledger.unanswered(decoded)
    })
  }

  #settle(count: (decoded: DecodedRequest) => void): void {
    if (this.#state === 'settled') return
    this.#state = 'settled'
    if (this.#decoded !== undefined) count(this.#decoded)
    this.#decoded = undefined
  }

  #canDeliver(): boolean {
    const { fault = 'drip', status = 200 } = this.reply
    return (fault === 'drip' || fault === 'cut-after-headers') && status < 300
  }

  #decode(body: Uint8Array, encoding: OtlpEncoding): DecodedRequest {
    try {
      if (encoding === 'json') return decodeJson(body)
      return this.#options.keep === 'count' && !this.#options.strict ? countSpans(body) : decodeProtobuf(body)
    } catch (error) {
      if (error instanceof DecodeError) throw new RefusedRequest('decode', 400, error.message)
      throw error
    }
  }
}
