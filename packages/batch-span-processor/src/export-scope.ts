// SPDX-License-Identifier: Apache-2.0
import { context, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { bounded } from './bounded.js'
import type { Bound, Settled } from './bounded.js'
import { builtinModule } from './builtin-module.js'
import type { Clock } from './clock.js'

/**
 * The key behind `suppressTracing` of `@opentelemetry/core`. Keys are `Symbol.for(description)`, so the exporter's own
 * HTTP spans are suppressed without an import that would come in two copies.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

type Runner = <R>(work: () => R) => R

/** The corner of `node:async_hooks` that is used. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Runner }
}

/**
 * Where the pipeline's own work runs: in the contexts that were active when the processor was made, with tracing
 * suppressed, and never in those of the request whose span happened to fill a batch.
 */
export class ExportScope {
  /** Runs work outside of the asynchronous context of whoever calls. */
  readonly neutral: Runner
  readonly #context: Context
  /** Of this processor alone: two that share an exporter may be inside each other. */
  readonly #key = Symbol('spanring')
  readonly #calls = new Set<unknown>()
  #current: object | undefined

  constructor() {
    this.#context = context.active().setValue(SUPPRESS_TRACING, true)
    // A request of a Cloudflare worker lets nobody into its contexts once it is over, nor do I/O from there.
    const hooks = 'WebSocketPair' in globalThis ? undefined : builtinModule<AsyncHooks>('async_hooks')
    this.neutral = hooks?.AsyncLocalStorage?.snapshot?.() ?? ((work) => work())
  }

  /**
   * Calls into the exporter within a bound. The call stands for itself in the asynchronous context and is nothing but
   * an object: sockets that the exporter keeps open keep the context in which they were opened.
   */
  async call<T>(clock: Clock, bound: Bound, work: () => T | PromiseLike<T>): Promise<Settled<T>> {
    const call = {}
    this.#calls.add(call)
    const settled = await bounded(clock, bound, () => {
      const outer = this.#current
      this.#current = call
      try {
        return this.neutral(() => context.with(this.#context.setValue(this.#key, call), work))
      } finally {
        this.#current = outer
      }
    })
    this.#calls.delete(call)
    return settled
  }

  /**
   * Whether the caller is part of a call into the exporter that has not ended: directly below it, or later in its
   * asynchronous context if a context manager is registered. Such a caller must not wait for the pipeline, which waits
   * for that call. Not an `AsyncLocalStorage` of our own: up to Node.js 22 each one is paid for by every promise of the
   * application.
   */
  isInside(): boolean {
    return !!this.#current || this.#calls.has(context.active().getValue(this.#key))
  }
}
