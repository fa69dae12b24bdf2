// SPDX-License-Identifier: Apache-2.0
import { context, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { builtinModule } from './builtin-module.js'

/**
 * The key behind `suppressTracing` of `@opentelemetry/core`. The API makes keys with `Symbol.for(description)`, so this
 * one suppresses the spans of an exporter's own HTTP requests without an import, which would bring a second copy.
 */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

type Runner = <R>(work: () => R) => R

/** The part of `node:async_hooks` that is used here. */
interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot?(): Runner }
}

/**
 * Runs our own work in the contexts that were active when this object was made, with tracing suppressed. Without it the
 * work would run in the contexts of whichever request filled a batch or opened a connection, and a connection that lives
 * for hours would keep everything that belongs to that request.
 */
export class DetachedScope {
  /** Runs work outside of the asynchronous contexts of the caller. The context of OpenTelemetry is left as it is. */
  readonly runNeutral: Runner
  /** The OpenTelemetry context for our own work. */
  readonly context: Context

  constructor() {
    this.context = context.active().setValue(SUPPRESS_TRACING, true)
    // A Cloudflare worker refuses to enter the contexts of a request that is over, or to do I/O from there.
    const hooks = 'WebSocketPair' in globalThis ? undefined : builtinModule<AsyncHooks>('async_hooks')
    this.runNeutral = hooks?.AsyncLocalStorage?.snapshot?.() ?? ((work) => work())
  }

  /** Runs work in the contexts of construction, or in `active` in place of the OpenTelemetry context. */
  run<R>(work: () => R, active: Context = this.context): R {
    return this.runNeutral(() => context.with(active, work))
  }
}
