// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { Failed } from '../transport/answer/verdict.js'
import { Operation } from '../transport/operation.js'
import { RequestHeaders } from '../transport/request/request-headers.js'
import type { HeaderTexts, TransportSettings } from '../transport/transport-settings.js'
import type { HandedBatch } from './handed-batch.js'

const NEVER = new AbortController().signal

/** The headers that a function of the application makes. It is called in the application's thread, once for each batch. */
export class ApplicationHeaders {
  readonly #headers: RequestHeaders
  readonly #clock: Clock
  readonly #timeoutMillis: number
  readonly #isFunction: boolean
  /** For the `exit` event, in which no promise settles. */
  #last: HeaderTexts | undefined
  #isExiting = false
  /** The exit task runs twice. */
  #hasAskedAtExit = false

  constructor(settings: TransportSettings, clock: Clock) {
    this.#headers = new RequestHeaders(settings, clock)
    this.#clock = clock
    this.#timeoutMillis = settings.timeoutMillis
    this.#isFunction = settings.headersFunction !== undefined
  }

  /** Whether the batch can be handed over. Without the headers that it needs, the backend would refuse its spans. */
  isReady(handed: HandedBatch): boolean {
    return !this.#isFunction || this.of(handed) !== undefined
  }

  /** The headers that were made for the batch, in the `exit` event those that were made last. Undefined if it needs none. */
  of({ headers }: HandedBatch): HeaderTexts | undefined {
    return headers ?? (this.#isExiting && this.#isFunction ? this.#lastOrNow() : undefined)
  }

  /** Calls the function for a batch. Resolves by the deadline of the batch: to why it has failed, or to undefined. */
  async resolve(handed: HandedBatch): Promise<Failed | undefined> {
    const headers = await this.#headers.resolve(handed.operation)
    if (headers.kind === 'failed') return headers
    this.#last = headers.values
    handed.headers = headers.values
    return undefined
  }

  /** Calls the function for a request that was stored. Undefined if it has failed, or has not answered within the time limit. */
  async resolveForStored(): Promise<HeaderTexts | undefined> {
    const now = this.#clock.now()
    const at = now + this.#timeoutMillis
    const headers = await this.#headers.resolve(new Operation(now, at, { at, signal: NEVER, closing: NEVER }))
    if (headers.kind === 'failed') return undefined
    this.#last = headers.values
    return headers.values
  }

  /** From now on the headers that were made last will do. If there are none, the function is asked once. */
  beginExit(): void {
    this.#isExiting = true
  }

  #lastOrNow(): HeaderTexts | undefined {
    if (this.#last === undefined && !this.#hasAskedAtExit) {
      this.#hasAskedAtExit = true
      this.#last = this.#headers.resolveNow()
    }
    return this.#last
  }
}
