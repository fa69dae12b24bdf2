// SPDX-License-Identifier: Apache-2.0
import { diag } from '@opentelemetry/api'
import type { Clock } from '@spanring/core'

/** Warns through the application's logger. An exception of the logger must not become ours. */
export function warn(message: string): void {
  relayWarning(`OTLPTraceExporter: ${message}`)
}

/** Passes a warning of another thread on as it is. */
export function relayWarning(text: string): void {
  try {
    diag.warn(text)
  } catch {
    // There is nowhere left to report it.
  }
}

/** Warns about options or the environment. Deferred to a microtask, because `NodeSDK` registers its logger after this runs. */
export function warnLater(message: string): void {
  queueMicrotask(() => warn(message))
}

/** At most one line of a kind is logged per interval of this length, in milliseconds. */
const INTERVAL_MILLIS = 30_000

/** A warning that a backend could cause with every request. Each line that is logged says how many were suppressed before it. */
export class RateLimitedWarning {
  readonly #clock: Clock
  #nextAt = -Infinity
  #suppressed = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  warn(message: string): void {
    const now = this.#clock.now()
    if (now < this.#nextAt) {
      this.#suppressed += 1
      return
    }
    const more = this.#suppressed > 0 ? ` (and ${this.#suppressed} like it since the last warning)` : ''
    this.#nextAt = now + INTERVAL_MILLIS
    this.#suppressed = 0
    warn(message + more)
  }
}
