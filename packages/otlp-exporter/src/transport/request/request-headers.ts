// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { RateLimitedWarning } from '../../warn.js'
import type { Failed } from '../answer/verdict.js'
import type { Operation } from '../operation.js'
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'

type Headers = { readonly kind: 'headers'; readonly values: HeaderTexts } | Failed

/** The version of this package; a test compares it with package.json. */
export const VERSION = '0.1.0'

const OWN_USER_AGENT = `spanring-OTLP-Exporter-JavaScript/${VERSION}`

/** Resolves the headers of a batch. Calls the `headersFunction` of the settings once for each batch, within its deadline. */
export class RequestHeaders {
  readonly #settings: TransportSettings
  readonly #clock: Clock
  readonly #warning: RateLimitedWarning
  readonly #fixed: HeaderTexts

  constructor(settings: TransportSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#warning = new RateLimitedWarning(clock)
    this.#fixed = { 'user-agent': `${settings.userAgent} ${OWN_USER_AGENT}`.trim(), ...settings.headers }
  }

  /** The headers of a function that returns them at once; undefined if it does not. For the `exit` event. */
  resolveNow(): HeaderTexts | undefined {
    try {
      const values = this.#settings.headersFunction?.((message) => this.#warning.warn(message))
      if (values === undefined) return undefined
      if (typeof values.then !== 'function') return { ...this.#fixed, ...(values as HeaderTexts) }
      // Nobody waits for it. Without a handler, a rejection would end the process with an error and print the token.
      Promise.resolve(values).catch(() => {})
      return undefined
    } catch {
      // Then there are none, and no time to ask again.
      return undefined
    }
  }

  async resolve(operation: Operation): Promise<Headers> {
    const ask = this.#settings.headersFunction
    if (ask === undefined) return { kind: 'headers', values: this.#fixed }
    const settled = await bounded(this.#clock, operation, () => ask((message) => this.#warning.warn(message)))
    if (settled.status === 'done') return { kind: 'headers', values: { ...this.#fixed, ...settled.value } }
    // The error may contain the token that the function was about to return, so only the kind of error is shown.
    const message = settled.status === 'failed' ? `headers() failed with ${kindOf(settled.error)}` : 'headers() did not settle'
    return { kind: 'failed', reason: reasonOf(settled.status, operation), status: undefined, message }
  }
}

function reasonOf(
  status: 'failed' | 'timeout' | 'aborted',
  operation: Operation,
): 'headers' | 'timeout' | 'aborted' | 'shutdown' {
  if (status === 'failed') return 'headers'
  return status === 'timeout' ? 'timeout' : operation.endedBy
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
