// SPDX-License-Identifier: Apache-2.0
import { context } from '@opentelemetry/api'
import { DetachedScope, bounded } from '@spanring/core'
import type { Bound, Clock, Settled } from '@spanring/core'

/** Where the processor's own work runs, and which code runs inside a call into the exporter. */
export class ExportScope extends DetachedScope {
  /** One for each processor: two that share an exporter may be inside each other. */
  readonly #key = Symbol('spanring')
  readonly #calls = new Set<unknown>()
  #current: object | undefined

  constructor() {
    super(context.active())
  }

  /**
   * Calls into the exporter within a bound. An empty object marks the call in the asynchronous context, because sockets
   * that the exporter keeps open retain the context in which they were opened.
   */
  async call<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
    const call = {}
    this.#calls.add(call)
    const settled = await bounded(clock, bound, () => {
      const outer = this.#current
      this.#current = call
      try {
        return this.run(work, this.context.setValue(this.#key, call))
      } finally {
        this.#current = outer
      }
    })
    this.#calls.delete(call)
    return settled
  }

  /**
   * Whether the caller runs inside a call into the exporter that has not ended: on its stack, or later in its asynchronous
   * context if a context manager is registered. Such a caller must not wait for the pipeline, which waits for that call.
   * Not an `AsyncLocalStorage` of our own: up to Node.js 22 each one makes every promise of the application slower.
   */
  isInside(): boolean {
    return !!this.#current || this.#calls.has(context.active().getValue(this.#key))
  }
}
