// SPDX-License-Identifier: Apache-2.0
import { NOT_OTLP, SPANS_REJECTED } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { LimitedWarning } from '../limited-warning.js'
import type { Verdict } from './verdict.js'

/** What is to be told of answers that took the spans, or some of them: at most one line of each kind in half a minute. */
export class AnswerWarnings {
  readonly #where: string
  readonly #partial: LimitedWarning
  readonly #broken: LimitedWarning
  readonly #foreign: LimitedWarning

  /** `where` is the endpoint as it may be shown. */
  constructor(where: string, clock: Clock) {
    this.#where = where
    this.#partial = new LimitedWarning(clock)
    this.#broken = new LimitedWarning(clock)
    this.#foreign = new LimitedWarning(clock)
  }

  /** `count` is the number of spans in the request. */
  tell(count: number, { status, partial, flaw }: Extract<Verdict, { kind: 'accepted' }>): void {
    if (partial !== undefined) {
      const { rejectedSpans, message } = partial
      const code = rejectedSpans > 0 ? `${SPANS_REJECTED} ` : ''
      const what = rejectedSpans > 0 ? `rejected ${rejectedSpans} of ${count} spans` : 'took the spans and warns'
      this.#partial.say(`${code}${this.#where} ${what}: ${message || 'no message'}`)
    }
    if (flaw?.kind === 'broken') {
      this.#broken.say(
        `${this.#where} answered ${status}, but the answer cannot be read to its end: ${flaw.what}; its spans count as exported`,
      )
    } else if (flaw?.kind === 'foreign') {
      this.#foreign.say(
        `${NOT_OTLP} ${this.#where} answered ${status} with something that is not an OTLP response: ${flaw.what}; ` +
          'its spans count as exported; is this the address of an OTLP backend?',
      )
    }
  }
}
