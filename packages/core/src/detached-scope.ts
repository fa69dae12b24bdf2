// SPDX-License-Identifier: Apache-2.0
import { context, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { builtinModule } from './builtin-module.js'

/**
 * The key behind `suppressTracing` of `@opentelemetry/core`. The API creates keys with `Symbol.for(description)`, so the
 * same description gives the same key, without an import that would bring a second copy of that package.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

type Runner = <R>(work: () => R) => R

/** The part of `node:async_hooks` used here. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Runner }
}

/**
 * Runs our own work in the asynchronous contexts that were active when this object was made, with tracing suppressed:
 * an exporter's own HTTP requests must not become spans. Without it the work would run in the contexts of whichever request
 * filled a batch or opened a connection, and a connection that lives for hours would retain everything of that request.
 */
export class DetachedScope {
  /** Runs work outside of the caller's asynchronous contexts. Leaves the OpenTelemetry context as it is. */
  readonly runNeutral: Runner
  /** The OpenTelemetry context for our own work. */
  readonly context: Context

  /**
   * `base` is the OpenTelemetry context to start from. `snapshot` runs work in the asynchronous contexts of
   * now; default: the one of Node.js, if there is one that can be used.
   */
  constructor(base: Context, snapshot: Runner = takeSnapshot()) {
    this.context = base.setValue(SUPPRESS_TRACING, true)
    this.runNeutral = snapshot
  }

  /** Runs work in the contexts of construction, with `active` as the OpenTelemetry context. */
  run<R>(work: () => R, active: Context = this.context): R {
    return this.runNeutral(() => context.with(active, work))
  }
}

function takeSnapshot(): Runner {
  // Cloudflare Workers refuse to enter the contexts of a request that is over, or to do I/O from there.
  const hooks = 'WebSocketPair' in globalThis ? undefined : builtinModule<AsyncHooks>('async_hooks')
  return hooks?.AsyncLocalStorage?.snapshot?.() ?? ((work) => work())
}
