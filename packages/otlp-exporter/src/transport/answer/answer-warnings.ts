// SPDX-License-Identifier: Apache-2.0
import { NOT_OTLP, SPANS_REJECTED } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { RateLimitedWarning } from '../../warn.js'
import type { Accepted } from './verdict.js'

/** Warns about flaws of answers with a success status. Logs at most one line of each kind in half a minute. */
export class AnswerWarnings {
  readonly #where: string
  readonly #partial: RateLimitedWarning
  readonly #broken: RateLimitedWarning
  readonly #foreign: RateLimitedWarning

  /** `where` is the endpoint in a form that may be shown. */
  constructor(where: string, clock: Clock) {
    this.#where = where
    this.#partial = new RateLimitedWarning(clock)
    this.#broken = new RateLimitedWarning(clock)
    this.#foreign = new RateLimitedWarning(clock)
  }

  /** `count` is the number of spans in the request. */
  warnAbout(count: number, { status, partial, flaw }: Accepted): void {
    if (partial !== undefined) {
      const { rejectedSpans, message } = partial
      const code = rejectedSpans > 0 ? `${SPANS_REJECTED} ` : ''
      const what = rejectedSpans > 0 ? `rejected ${rejectedSpans} of ${count} spans` : 'accepted the spans with a warning'
      this.#partial.warn(`${code}${this.#where} ${what}: ${message || 'no message'}`)
    }
    if (flaw?.kind === 'broken') {
      this.#broken.warn(
        `${this.#where} answered ${status}, but the answer cannot be read to its end: ${flaw.what}; the spans count as exported`,
      )
    } else if (flaw?.kind === 'foreign') {
      this.#foreign.warn(
        `${NOT_OTLP} ${this.#where} answered ${status} with something that is not an OTLP response: ${flaw.what}; ` +
          'the spans count as exported; is this the address of an OTLP backend?',
      )
    }
  }
}
