// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import type { Clock } from '@spanring/core'

/** Warns through the logger of the application, which may throw: that must not become an exception of ours. */
export function warn(message: string): void {
  try {
    diag.warn(`OTLPTraceExporter: ${message}`)
  } catch {
    // There is nowhere left to report it.
  }
}

/** Warns about options or environment. Deferred to a microtask: `NodeSDK` registers its logger after its exporters were made. */
export function warnLater(message: string): void {
  queueMicrotask(() => warn(message))
}

/** At most one line of a kind in this time, in milliseconds. */
const INTERVAL_MILLIS = 30_000

/** A warning that a backend could provoke with every request. The next one tells how many were held back. */
export class RateLimitedWarning {
  readonly #clock: Clock
  #nextAt = -Infinity
  #heldBack = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  warn(message: string): void {
    const now = this.#clock.now()
    if (now < this.#nextAt) {
      this.#heldBack += 1
      return
    }
    const more = this.#heldBack > 0 ? ` (and ${this.#heldBack} like it before)` : ''
    this.#nextAt = now + INTERVAL_MILLIS
    this.#heldBack = 0
    warn(message + more)
  }
}
