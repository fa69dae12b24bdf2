// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import type { Operation } from '../operation.js'
import type { Verdict } from '../answer/verdict.js'

/** Why the backend is down. */
export type Outage = Omit<Extract<Verdict, { kind: 'outage' }>, 'retryAfter'>

/** The backend went down or came back. */
export type BackendChange =
  | { readonly state: 'down'; readonly message: string }
  | {
      readonly state: 'up'
      readonly downMillis: number
      /** Requests that failed meanwhile, those that were under way together counted once. */
      readonly failedAttempts: number
      /** Spans that were given up meanwhile. */
      readonly failedSpans: number
    }

/**
 * What is known of the backend, and who may try it. While it is down one operation probes, in the rhythm of its
 * back-off, and the others wait for the result within their own deadlines: thirty connections that all come back at once
 * would bring it down again. When the pipeline shuts down there is no time for that rhythm: one last probe goes at once,
 * and decides for all that are to end.
 *
 * ```
 *   up ── failed ──► down (the operation that failed probes) ── succeeded, whoever it was ──► up, everybody goes
 *                     │ ▲
 *                     └─┘ the prober leaves: the next one that waits takes over, and its rhythm
 * ```
 */
export class Backend {
  readonly #clock: Clock
  readonly #onChange: (change: BackendChange) => void
  #state: 'up' | 'down' = 'up'
  #prober: Operation | undefined
  /** Whether the prober has been let go and its request has no outcome yet. */
  #isProbing = false
  /** Whether that request is one that a shutdown waits for. */
  #isLastProbe = false
  /** Whether such a request has failed: those that are to end need not try as well. */
  #lastProbeFailed = false
  #nextProbeAt = -Infinity
  #failureCount = 0
  #failedSpans = 0
  #downSince = 0
  #outage: Outage | undefined
  /** Everybody looks again at what has changed, so that no wake-up can be lost to somebody who has just given up. */
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock, onChange: (change: BackendChange) => void) {
    this.#clock = clock
    this.#onChange = onChange
  }

  get state(): 'up' | 'down' {
    return this.#state
  }

  /** How many requests in a row have failed; what several operations met at the same time counts once. */
  get failureCount(): number {
    return this.#failureCount
  }

  /** Why it is down; undefined while it is up. */
  get outage(): Outage | undefined {
    return this.#outage
  }

  /**
   * Waits until the operation may send, not before its own time; ends with it in any case. `'down'` means that it need
   * not try: it is to end, and the last probe has failed. `onWait` is called before a wait for what others find out.
   */
  async turn(operation: Operation, notBefore: number, onWait: () => void): Promise<'go' | 'down' | 'timeout' | 'aborted'> {
    for (;;) {
      if (operation.signal.aborted) return 'aborted'
      const now = this.#clock.now()
      if (now >= operation.at) return 'timeout'
      if (this.#state === 'down' && operation.closing.aborted && this.#lastProbeFailed) return 'down'
      const wakeAt = this.#startOf(operation, notBefore)
      if (wakeAt <= now) {
        if (this.#state === 'down') this.#beginProbe(operation)
        return 'go'
      }
      if (this.#prober !== operation) onWait()
      // oxlint-disable-next-line no-await-in-loop -- each turn of the loop is a new look at what has changed
      await this.#change(operation, Math.min(wakeAt, operation.at))
    }
  }

  /** Whether the operation is now the one that probes. */
  failed(operation: Operation, outage: Outage): boolean {
    this.#outage = outage
    if (this.#state === 'up') {
      this.#state = 'down'
      this.#prober = operation
      this.#failureCount = 1
      this.#failedSpans = 0
      this.#downSince = this.#clock.now()
      this.#onChange({ state: 'down', message: outage.message })
    } else if (this.#prober === operation) {
      this.#failureCount += 1
      this.#endProbe(this.#isLastProbe)
    }
    return this.#prober === operation
  }

  /** When the next request may be sent; only the operation that probes has a say. */
  holdUntil(operation: Operation, at: number): void {
    if (this.#prober === operation) this.#nextProbeAt = at
  }

  /** The backend has answered, with whatever that is no outage. */
  succeeded(): void {
    if (this.#state === 'up') return
    const change = {
      state: 'up',
      downMillis: this.#clock.now() - this.#downSince,
      failedAttempts: this.#failureCount,
      failedSpans: this.#failedSpans,
    } as const
    this.#state = 'up'
    this.#prober = undefined
    this.#failureCount = 0
    this.#outage = undefined
    this.#endProbe(false)
    this.#nextProbeAt = -Infinity
    this.#wakeAll()
    this.#onChange(change)
  }

  /** The operation has its outcome; `failedSpans` of it were given up. */
  leave(operation: Operation, failedSpans: number): void {
    if (this.#state === 'down') this.#failedSpans += failedSpans
    if (this.#prober !== operation) return
    this.#prober = undefined
    this.#isProbing = false
    this.#wakeAll()
  }

  /** When the operation may send by what is known now; Infinity while another one probes. */
  #startOf(operation: Operation, notBefore: number): number {
    if (this.#state === 'up') return operation.closing.aborted ? -Infinity : notBefore
    const isOthers = this.#prober !== undefined && this.#prober !== operation
    if (operation.closing.aborted && !(isOthers && this.#isProbing)) {
      this.#prober = operation
      return -Infinity
    }
    if (isOthers) return Infinity
    const startAt = Math.max(notBefore, this.#nextProbeAt)
    // One that would be cut off leaves the probing to others, who would connect while its connection is taken down.
    if (this.#prober === undefined && Math.max(startAt, this.#clock.now()) > operation.lastTryAt) return Infinity
    this.#prober = operation
    return startAt
  }

  #beginProbe(operation: Operation): void {
    this.#prober = operation
    this.#isProbing = true
    this.#isLastProbe = operation.closing.aborted
    this.#lastProbeFailed &&= this.#isLastProbe
  }

  #endProbe(wasLast: boolean): void {
    this.#isProbing = false
    this.#lastProbeFailed = wasLast
    if (wasLast) this.#wakeAll()
  }

  async #change(operation: Operation, until: number): Promise<void> {
    let wake = (): void => {}
    const changed = new Promise<void>((resolve) => (wake = resolve))
    this.#waiting.add(wake)
    operation.closing.addEventListener('abort', wake)
    await bounded(this.#clock, { at: until, signal: operation.signal }, () => changed)
    operation.closing.removeEventListener('abort', wake)
    this.#waiting.delete(wake)
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }
}
