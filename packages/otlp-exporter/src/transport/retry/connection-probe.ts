// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import type { BareConnect } from '../connection/bare-connection.js'
import { QUIET_MILLIS, nextQuietAt } from '../connection/quiet-time.js'

/**
 * The time from one attempt to the next, in milliseconds. Each draws up to this share less at random, so that many processes
 * that lost their backend at the same moment do not come back to it at the same moment.
 */
const INTERVAL = { millis: 250, jitter: 0.2 }
/** An attempt may take until the next quiet time that is at least this far away, in milliseconds. */
const LEAST_ATTEMPT_MILLIS = 500

const NEVER = new Promise<never>(() => {})

/** What a probe asks and tells the one who started it. */
export interface ProbeListener {
  /** Whether the next attempt would be of use. If not, the probe stops. */
  isNeeded(): boolean
  /** Whether a request is under way, which connects as well. */
  isProbing(): boolean
  /** An attempt has ended without a connection. */
  onAttemptEnded(): void
  /** A connection came about, and was closed again. The probe has stopped. */
  onConnected(): void
}

/**
 * Finds out soon when a backend can be connected to again: it opens bare connections, one after the other, until one comes
 * about. That is cheap enough to do four times a second, and harms nobody: a closed port refuses them in the kernel, and no
 * request is spent on them.
 */
export class ConnectionProbe {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #connect: BareConnect
  readonly #listener: ProbeListener
  /** Ends the current attempts; undefined while stopped. */
  #stopping: AbortController | undefined
  /** The newest attempt. A look-up may outlive the limit, and even a stop. */
  #attempt: Promise<unknown> = Promise.resolve()
  #isClosed = false
  #busyUntil = -Infinity

  constructor(clock: Clock, random: () => number, connect: BareConnect, listener: ProbeListener) {
    this.#clock = clock
    this.#random = random
    this.#connect = connect
    this.#listener = listener
  }

  /** Requests do not connect before this time, nor while one of them connects is there an attempt: see `quiet-time.ts`. */
  get busyUntil(): number {
    return this.#busyUntil
  }

  /** Begins to connect, one interval from now. Does nothing if it has begun already, or is closed. */
  start(): void {
    if (this.#stopping !== undefined || this.#isClosed) return
    this.#stopping = new AbortController()
    void this.#run(this.#stopping)
  }

  /** Ends an attempt under way. */
  stop(): void {
    this.#stopping?.abort()
    this.#stopping = undefined
  }

  /** Stops for good. */
  close(): void {
    this.#isClosed = true
    this.stop()
  }

  async #run(stopping: AbortController): Promise<void> {
    const { signal } = stopping
    for (let from = this.#clock.now(); ;) {
      // After a quiet time, a request that is due comes first.
      const at = Math.max(from + INTERVAL.millis * (1 - INTERVAL.jitter * this.#random()), this.#busyUntil + QUIET_MILLIS)
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      await bounded(this.#clock, { at, signal }, () => NEVER)
      // oxlint-disable-next-line no-await-in-loop -- as above
      await bounded(this.#clock, { at: Infinity, signal }, () => this.#attempt)
      if (signal.aborted) return
      if (!this.#listener.isNeeded()) {
        this.stop()
        return
      }
      from = this.#clock.now()
      if (this.#listener.isProbing()) continue
      // oxlint-disable-next-line no-await-in-loop -- as above
      const isConnected = await this.#tryOnce(signal)
      if (signal.aborted) return
      if (isConnected) {
        this.stop()
        this.#listener.onConnected()
        return
      }
    }
  }

  async #tryOnce(signal: AbortSignal): Promise<boolean> {
    const ending = new AbortController()
    const at = nextQuietAt(this.#clock.now(), LEAST_ATTEMPT_MILLIS)
    this.#busyUntil = Infinity
    const settled = await bounded(this.#clock, { at, signal }, () => {
      const attempt = this.#connect(ending.signal)
      this.#attempt = attempt
      return attempt
    })
    ending.abort()
    this.#busyUntil = settled.status === 'timeout' ? this.#clock.now() + QUIET_MILLIS : -Infinity
    if (settled.status === 'done' && settled.value) return true
    this.#listener.onAttemptEnded()
    return false
  }
}
