// SPDX-License-Identifier: Apache-2.0
import { Exchange } from './exchange.js'
import { Ledger } from './ledger.js'
import { ReplyScript } from './reply-script.js'
import type { ResolvedSinkOptions } from './sink-options.js'
import { SpanWaiters } from './span-waiters.js'

/** What the receivers share: the script, the counters, and the calls that wait for spans. */
export class Intake {
  readonly script: ReplyScript = new ReplyScript()
  readonly waiters: SpanWaiters = new SpanWaiters()
  readonly #options: ResolvedSinkOptions
  #ledger: Ledger

  constructor(options: ResolvedSinkOptions) {
    this.#options = options
    this.#ledger = this.#newLedger()
  }

  get ledger(): Ledger {
    return this.#ledger
  }

  /** Call this when a request to the export path begins. Takes its reply from the script. */
  open(headers: Readonly<Record<string, string>>): Exchange {
    this.#ledger.request(headers)
    return new Exchange(this.script.next(), this.#ledger, this.#options, () => {
      this.waiters.wake(this.#ledger.deliveredCount)
    })
  }

  reset(): void {
    this.script.set([])
    this.#ledger = this.#newLedger()
  }

  #newLedger(): Ledger {
    return new Ledger(this.#options.keep === 'count' ? 0 : this.#options.maxKeptSpans)
  }
}
