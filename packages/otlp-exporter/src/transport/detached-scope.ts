// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, context, createContextKey } from '@opentelemetry/api'

/** The key behind `suppressTracing` of `@opentelemetry/core`, which is `Symbol.for(description)`; that import would come in two copies. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * Where the transport works: in the asynchronous context of its construction, with tracing suppressed. A connection
 * lives for hours; it must not hold what belongs to the request whose spans happened to open it.
 */
export class DetachedScope {
  readonly #snapshot: <R>(work: () => R) => R = AsyncLocalStorage.snapshot()
  readonly #context = ROOT_CONTEXT.setValue(SUPPRESS_TRACING, true)

  run<R>(work: () => R): R {
    return this.#snapshot(() => context.with(this.#context, work))
  }
}
