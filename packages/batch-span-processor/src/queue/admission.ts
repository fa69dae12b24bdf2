// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan } from '@spanring/core'
import type { Ledger } from '../accounting/ledger.js'
import type { DrainLoop } from '../loop/drain-loop.js'
import type { SpanRing } from './span-ring.js'

/** What happens to a span inside `onEnd`: it is queued, or counted as dropped. The hot path. */
export class Admission {
  /** False once shutdown has begun: every span is dropped from then on. */
  isOpen = true
  readonly #ring: SpanRing<ReadableSpan>
  readonly #ledger: Ledger
  readonly #loop: Pick<DrainLoop, 'wakeAt' | 'helpAt' | 'wake' | 'help'>

  constructor(ring: SpanRing<ReadableSpan>, ledger: Ledger, loop: Pick<DrainLoop, 'wakeAt' | 'helpAt' | 'wake' | 'help'>) {
    this.#ring = ring
    this.#ledger = ledger
    this.#loop = loop
  }

  /** A few additions and one store. */
  admit(span: ReadableSpan): void {
    const ring = this.#ring
    // First, while this span is not counted: the exporter may ask for the counts in there.
    if (ring.size >= this.#loop.helpAt) this.#loop.help()
    if (!this.isOpen) this.#ledger.drop('already_shutdown')
    else if (ring.offer(span)) {
      this.#ledger.admit()
      if (ring.size === this.#loop.wakeAt) this.#loop.wake()
    } else this.#ledger.drop('queue_full')
  }
}
