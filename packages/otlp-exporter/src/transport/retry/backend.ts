// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import type { BareConnect } from '../connection/bare-connection.js'
import type { Failure } from '../exporter-error.js'
import type { Operation } from '../operation.js'
import { ConnectionProbe } from './connection-probe.js'

/** The backend went down or came back. */
export type BackendChange =
  | { readonly state: 'down'; readonly message: string }
  | {
      readonly state: 'up'
      readonly downMillis: number
      /** Requests that failed meanwhile. Requests that were under way together count as one. */
      readonly failedAttempts: number
      /** Spans that were given up meanwhile. */
      readonly failedSpans: number
    }

/** Why a request failed, and whether no connection came about for it. */
type RequestFailure = Failure & { readonly isUnreachable?: boolean }

/** So many requests in a row without an answer are an outage. */
const SILENT_COUNT = 2

export interface BackendParts {
  readonly random?: () => number
  readonly connect?: BareConnect | undefined
  readonly storeAfterMillis?: number
}

/**
 * A circuit breaker: it knows the state of the backend and decides who may send. While the backend is down, one operation, the
 * prober, sends at the intervals of its back-off. The others wait for the verdict within their own deadlines: thirty
 * connections that come back at the same time would bring the backend down again. When the pipeline shuts down, there is no
 * time for a back-off. One last probe is sent at once, and decides for all operations that are closing.
 *
 * After a failure to connect, bare connections look for the backend at the same time. When one of them comes about, the next
 * request may be sent at once. Only one: if it fails for any other reason than that it could not connect, only the back-off
 * counts. Otherwise a load balancer that accepts connections and breaks them would get request after request.
 *
 * ```
 *   up ── failed() ──► down (the operation that failed is the prober) ── succeeded(), by any operation ──► up, all may send
 *                       │ ▲
 *                       └─┘ leave() of the prober: the next waiting operation takes over, with the same back-off
 * ```
 */
export class Backend {
  readonly #clock: Clock
  readonly #onChange: (change: BackendChange) => void
  readonly #storeAfterMillis: number
  #state: 'up' | 'down' = 'up'
  #prober: Operation | undefined
  /** Whether the request of the prober is under way. */
  #isProbing = false
  /** Whether that request is the last one before a shutdown. */
  #isLastProbe = false
  /** Whether the last probe before a shutdown has failed. If so, other closing operations need not try. */
  #lastProbeFailed = false
  #nextProbeAt = -Infinity
  #answeredAt = -Infinity
  /** Requests without an answer since the last one that had one. */
  #silentCount = 0
  #failureCount = 0
  #failedSpans = 0
  #downSince = 0
  #failure: Failure | undefined
  /** Whether the last failure was that no connection came about. */
  #isUnreachable = false
  /**
   * What a bare connection has earned: a request that need not wait for a back-off (`granted`). Once that may have been sent,
   * the permit is `used`; it lasts until the prober's request has ended, because the prober may prepare the request first.
   */
  #permit: 'none' | 'granted' | 'used' = 'none'
  readonly #probe: ConnectionProbe | undefined
  /** Whether a request waits for the end of an attempt to connect. */
  #hasWaitedForAttempt = false
  /** A change wakes every waiter, and each re-checks the state: waking one could lose the wake-up to one that just gave up. */
  readonly #waiters = new Set<() => void>()

  /** Spans are stored once the backend has been down for `storeAfterMillis`. Without `connect`, no bare connections are opened. */
  constructor(
    clock: Clock,
    onChange: (change: BackendChange) => void,
    { random, connect, storeAfterMillis = Infinity }: BackendParts = {},
  ) {
    this.#clock = clock
    this.#onChange = onChange
    this.#storeAfterMillis = storeAfterMillis
    if (connect === undefined) return
    this.#probe = new ConnectionProbe(clock, random ?? Math.random, connect, {
      isNeeded: () => this.#waiters.size > 0 || this.#isProbing || this.#clock.now() < this.#nextProbeAt,
      isProbing: () => this.#isProbing,
      onConnected: () => this.#grant(),
      onAttemptEnded: () => {
        if (this.#hasWaitedForAttempt) this.#wakeAll()
        this.#hasWaitedForAttempt = false
      },
    })
  }

  get state(): 'up' | 'down' {
    return this.#state
  }

  /** How many requests in a row have failed. Requests that were under way together count as one. */
  get failureCount(): number {
    return this.#failureCount
  }

  /** Why it is down; undefined while it is up. */
  get failure(): Failure | undefined {
    return this.#failure
  }

  /**
   * Waits until the operation may send, which is not before `notBefore`. The wait ends with the operation at the latest.
   * `'down'` means that it need not try: it is closing, and the last probe has failed. `'outage'` means that its spans should be
   * stored. `onWait` is called before each wait for another operation.
   */
  async waitForPermission(
    operation: Operation,
    notBefore: number,
    onWait: () => void,
  ): Promise<'go' | 'down' | 'outage' | 'timeout' | 'aborted'> {
    for (;;) {
      if (operation.signal.aborted) return 'aborted'
      const now = this.#clock.now()
      if (now >= operation.at) return 'timeout'
      if (this.#state === 'down' && operation.closing.aborted && this.#lastProbeFailed) return 'down'
      const storeAt = this.#storeAt(operation)
      if (now >= storeAt) return 'outage'
      const wakeAt = this.#permittedAt(operation, notBefore)
      if (wakeAt <= now) {
        if (this.#state === 'down') this.#beginProbe(operation)
        return 'go'
      }
      if (this.#prober !== operation) onWait()
      this.#lookForIt()
      // oxlint-disable-next-line no-await-in-loop -- re-checks the state after each change
      await this.#nextChange(operation, Math.min(wakeAt, storeAt, operation.at))
    }
  }

  /** Reports a request whose verdict is an outage. Returns whether the operation is now the prober. */
  failed(operation: Operation, failure: RequestFailure): boolean {
    this.#failure = failure
    this.#isUnreachable = failure.isUnreachable === true
    if (this.#state === 'up') {
      this.#state = 'down'
      this.#prober = operation
      this.#failureCount = 1
      this.#failedSpans = 0
      this.#downSince = this.#clock.now()
      this.#onChange({ state: 'down', message: failure.message })
    } else if (this.#prober === operation) {
      this.#failureCount += 1
      this.#endProbe(this.#isLastProbe)
      if (this.#permit === 'used') this.#permit = 'none'
    }
    if (this.#isUnreachable) this.#lookForIt()
    else this.#forget()
    return this.#prober === operation
  }

  /** Sets the earliest time of the next probe. Ignored unless the operation is the prober. */
  holdUntil(operation: Operation, at: number): void {
    if (this.#prober === operation) this.#nextProbeAt = at
  }

  /** Reports an answer, whatever it says. */
  answered(): void {
    this.#answeredAt = this.#clock.now()
    this.#silentCount = 0
  }

  /**
   * Reports a request that began at `startedAt` and got no answer in time. One may be slow by itself; several, without an answer to
   * any other, mean that the backend is down.
   */
  silent(operation: Operation, startedAt: number, failure: Failure): void {
    if (this.#answeredAt >= startedAt) return
    this.#silentCount += 1
    if (this.#silentCount >= SILENT_COUNT || this.#state === 'down') this.failed(operation, failure)
  }

  /** Reports an answer whose verdict is not an outage. */
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
    this.#failure = undefined
    this.#endProbe(false)
    this.#nextProbeAt = -Infinity
    this.#forget()
    this.#wakeAll()
    this.#onChange(change)
  }

  /** Reports that the operation has its outcome; `failedSpans` of its spans were given up. */
  leave(operation: Operation, failedSpans: number): void {
    if (this.#state === 'down') this.#failedSpans += failedSpans
    if (this.#prober !== operation) return
    this.#prober = undefined
    this.#isProbing = false
    // Its request got no answer, or was never sent. In both cases the next one has to wait for the back-off.
    if (this.#permit === 'used') this.#forget()
    this.#wakeAll()
  }

  /** Opens no bare connection from now on. */
  close(): void {
    this.#probe?.close()
  }

  /** Whether the outage has lasted for so long that the spans of the operation should be stored. */
  isOutageFor(operation: Operation): boolean {
    return this.#clock.now() >= this.#storeAt(operation)
  }

  #storeAt(operation: Operation): number {
    const mayStore = this.#state === 'down' && operation.mayStore && !operation.isStored && !operation.closing.aborted
    return mayStore ? this.#downSince + this.#storeAfterMillis : Infinity
  }

  /** When the operation may send, as far as is known now; Infinity while another one probes. It may become the prober. */
  #permittedAt(operation: Operation, notBefore: number): number {
    if (this.#state === 'up') return operation.closing.aborted ? -Infinity : notBefore
    const isOthers = this.#prober !== undefined && this.#prober !== operation
    if (operation.closing.aborted && !(isOthers && this.#isProbing)) {
      this.#prober = operation
      return -Infinity
    }
    if (isOthers) return Infinity
    const busyUntil = this.#probe?.busyUntil ?? -Infinity
    if (busyUntil === Infinity) this.#hasWaitedForAttempt = true
    const startAt = this.#permit === 'none' ? Math.max(notBefore, this.#nextProbeAt, busyUntil) : -Infinity
    // Too late to probe: the deadline would cut the probe off, and others would connect while its connection is destroyed.
    if (this.#prober === undefined && Math.max(startAt, this.#clock.now()) > operation.lastTryAt) return Infinity
    this.#prober = operation
    return startAt
  }

  #beginProbe(operation: Operation): void {
    this.#prober = operation
    this.#isProbing = true
    this.#isLastProbe = operation.closing.aborted
    this.#lastProbeFailed &&= this.#isLastProbe
    if (this.#permit === 'granted') this.#permit = 'used'
  }

  /** Looks for the backend by bare connections, unless one has come about already, or the backend can be connected to. */
  #lookForIt(): void {
    if (this.#isUnreachable && this.#permit === 'none') this.#probe?.start()
  }

  #grant(): void {
    this.#permit = 'granted'
    this.#wakeAll()
  }

  /** Bare connections say nothing any more. */
  #forget(): void {
    this.#isUnreachable = false
    this.#permit = 'none'
    this.#probe?.stop()
  }

  #endProbe(wasLast: boolean): void {
    this.#isProbing = false
    this.#lastProbeFailed = wasLast
    if (wasLast) this.#wakeAll()
  }

  async #nextChange(operation: Operation, until: number): Promise<void> {
    let wake = (): void => {}
    const changed = new Promise<void>((resolve) => (wake = resolve))
    this.#waiters.add(wake)
    operation.closing.addEventListener('abort', wake)
    await bounded(this.#clock, { at: until, signal: operation.signal }, () => changed)
    operation.closing.removeEventListener('abort', wake)
    this.#waiters.delete(wake)
  }

  #wakeAll(): void {
    for (const wake of this.#waiters) wake()
  }
}
