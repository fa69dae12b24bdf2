// SPDX-License-Identifier: Apache-2.0
import { KeptSpans } from './kept-spans.js'
import type { ReceivedSpan } from './otlp/received-span.js'
import { type DecodedRequest, wordsPerId } from './otlp/decoded-request.js'
import { SeenSpans } from './seen-spans.js'
import type { Refusal, SinkStats } from './sink-stats.js'

type Counts = Omit<SinkStats, 'connections' | 'openConnections' | 'bytesOnTheWire'>

/**
 * Counts the spans that arrive and what becomes of them. A reset starts a new ledger. A request that is open at that moment
 * keeps writing to the old one, so the new counts never contain half of a request.
 */
export class Ledger {
  readonly #seen = new SeenSpans()
  readonly #kept: KeptSpans
  readonly #refusals: Partial<Record<Refusal, number>> = {}
  readonly #unknownFields: Record<string, number> = {}
  #lastHeaders: Readonly<Record<string, string>> | undefined
  #requests = 0
  #received = 0
  #delivered = 0
  #rejected = 0
  #refused = 0
  #unanswered = 0
  #duplicates = 0
  #deliveredTwice = 0
  #bytesDecoded = 0

  /** With 0, spans are only counted. */
  constructor(maxKeptSpans: number) {
    this.#kept = new KeptSpans(maxKeptSpans)
  }

  request(headers: Readonly<Record<string, string>>): void {
    this.#requests++
    this.#lastHeaders = headers
  }

  /** Counts a request that the sink itself refuses, independently of the script. */
  refusal(reason: Refusal): void {
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1
  }

  decoded(bytes: number, unknownFields: readonly string[]): void {
    this.#bytesDecoded += bytes
    for (const name of unknownFields) this.#unknownFields[name] = (this.#unknownFields[name] ?? 0) + 1
  }

  received({ count, ids }: DecodedRequest): void {
    this.#received += count
    for (let at = 0; at < ids.length; at += wordsPerId) if (this.#seen.arrive(ids, at)) this.#duplicates++
  }

  delivered({ count, ids, spans }: DecodedRequest, rejectedSpans: number): void {
    const accepted = Math.max(0, count - rejectedSpans)
    this.#delivered += accepted
    this.#rejected += count - accepted
    for (let span = 0; span < accepted; span++) {
      if (this.#seen.deliver(ids, span * wordsPerId)) this.#deliveredTwice++
      if (spans.length > 0) this.#kept.add(spans[span]!)
    }
  }

  refused(decoded: DecodedRequest): void {
    this.#refused += decoded.count
  }

  unanswered(decoded: DecodedRequest): void {
    this.#unanswered += decoded.count
  }

  get deliveredCount(): number {
    return this.#delivered
  }

  spans(): ReceivedSpan[] {
    return this.#kept.toArray()
  }

  counts(): Counts {
    return {
      requests: this.#requests,
      received: this.#received,
      delivered: this.#delivered,
      rejected: this.#rejected,
      refused: this.#refused,
      unanswered: this.#unanswered,
      waiting: this.#received - this.#delivered - this.#rejected - this.#refused - this.#unanswered,
      duplicates: this.#duplicates,
      deliveredTwice: this.#deliveredTwice,
      forgotten: this.#delivered - this.#kept.size,
      bytesDecoded: this.#bytesDecoded,
      refusals: { ...this.#refusals },
      unknownFields: { ...this.#unknownFields },
      lastHeaders: this.#lastHeaders,
    }
  }
}
