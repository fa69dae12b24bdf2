// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import { cleanHeaders } from '../../config/headers.js'
import type { Settings } from '../../config/settings.js'
import type { LimitedWarning } from '../limited-warning.js'
import type { Operation } from '../operation.js'

type Headers =
  | { readonly kind: 'headers'; readonly values: Readonly<Record<string, string>> }
  | {
      readonly kind: 'failed'
      readonly reason: 'headers' | 'timeout' | 'aborted' | 'shutdown'
      readonly status: undefined
      readonly message: string
    }

/** Of this package; a test compares it with package.json. */
export const VERSION = '0.1.0'

const OWN_USER_AGENT = `spanring-OTLP-Exporter-JavaScript/${VERSION}`

/** The headers of a batch; those of the user's function are asked for once for each, within the batch's deadline. */
export class RequestHeaders {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #warning: LimitedWarning
  readonly #fixed: Readonly<Record<string, string>>

  constructor(settings: Settings, clock: Clock, warning: LimitedWarning) {
    this.#settings = settings
    this.#clock = clock
    this.#warning = warning
    this.#fixed = { 'user-agent': `${settings.userAgent} ${OWN_USER_AGENT}`.trim(), ...settings.headers }
  }

  async resolve(operation: Operation): Promise<Headers> {
    const ask = this.#settings.headersFunction
    if (ask === undefined) return { kind: 'headers', values: this.#fixed }
    const settled = await bounded(this.#clock, operation, ask)
    if (settled.status === 'done') {
      const values = cleanHeaders(settled.value, 'headers()', (message) => this.#warning.say(message))
      return { kind: 'headers', values: { ...this.#fixed, ...values } }
    }
    // What the function threw may hold the token that it was about to return; its kind is all that is said.
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
