// SPDX-License-Identifier: Apache-2.0
import { context, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { builtinModule } from './builtin-module.js'

/**
 * The key that `suppressTracing` of `@opentelemetry/core` uses. The API creates keys with `Symbol.for(description)`, so the
 * same description gives the same key. An import would bring in a second copy of that package.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

type Runner = <R>(work: () => R) => R

/** The part of `node:async_hooks` used here. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Runner }
}

/**
 * Runs our own work in the asynchronous contexts that were active when this object was made. Tracing is suppressed, because
 * an exporter's own HTTP requests must not become spans. Otherwise the work would run in the contexts of the request that
 * happened to fill a batch or open a connection, and a connection that lives for hours would retain that request's data.
 */
export class DetachedContext {
  /** Runs work outside the caller's asynchronous contexts. Does not change the OpenTelemetry context. */
  readonly runNeutral: Runner
  /** The OpenTelemetry context for our own work. */
  readonly otelContext: Context

  /**
   * `base` is the OpenTelemetry context to start from. `snapshot` runs work in the current asynchronous contexts; default:
   * the one of Node.js, where there is one that can be used.
   */
  constructor(base: Context, snapshot?: Runner) {
    this.otelContext = base.setValue(SUPPRESS_TRACING, true)
    // Cloudflare Workers do not allow code to enter the contexts of a request that is over, or to do I/O from there.
    const hooks = 'WebSocketPair' in globalThis ? undefined : builtinModule<AsyncHooks>('async_hooks')
    this.runNeutral = snapshot ?? hooks?.AsyncLocalStorage?.snapshot?.() ?? ((work) => work())
  }

  /** Runs work in the asynchronous contexts of the constructor, with `active` as the OpenTelemetry context. */
  run<R>(work: () => R, active: Context = this.otelContext): R {
    return this.runNeutral(() => context.with(active, work))
  }
}
