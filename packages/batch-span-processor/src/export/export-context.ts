// SPDX-License-Identifier: Apache-2.0
import { context } from '@opentelemetry/api'
import { DetachedContext, bounded } from '@spanring/core'
import type { Bound, Clock, Settled } from '@spanring/core'

/** The context in which the processor's own work runs. It also knows which code runs inside a call into the exporter. */
export class ExportContext extends DetachedContext {
  /** Each processor has its own key: calls of two processors that share an exporter may be nested. */
  readonly #key = Symbol('spanring')
  readonly #calls = new Set<unknown>()
  #current: object | undefined

  constructor() {
    super(context.active())
  }

  /**
   * Calls into the exporter within a bound. Only an empty object marks the call in the asynchronous context, because sockets
   * that the exporter keeps open retain the context in which they were opened.
   */
  async call<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
    const call = {}
    this.#calls.add(call)
    const settled = await bounded(clock, bound, () => {
      const outer = this.#current
      this.#current = call
      try {
        return this.run(work, this.otelContext.setValue(this.#key, call))
      } finally {
        this.#current = outer
      }
    })
    this.#calls.delete(call)
    return settled
  }

  /**
   * Whether the caller runs inside a call into the exporter that has not ended: on the stack of that call, or later in its
   * asynchronous context if a context manager is registered. Such a caller must not wait for the pipeline, because the
   * pipeline waits for that call. There is no `AsyncLocalStorage` of our own for this: up to Node.js 22 each one makes every
   * promise of the application slower.
   */
  isInside(): boolean {
    return !!this.#current || this.#calls.has(context.active().getValue(this.#key))
  }
}
