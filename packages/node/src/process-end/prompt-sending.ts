// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core/clock'
import type { RenewableProcessor } from './renewable-processor.js'

/** The shortest time between the starts of two flushes of any caller, in milliseconds: each flush is a separate request. */
const INTERVAL_MILLIS = 10
/** How long to wait for one flush before the next begins, in milliseconds. The requests of the first one continue. */
const FLUSH_MILLIS = 50

/**
 * Sends spans as soon as they have ended, instead of when a batch is full. After a signal the application may call
 * `process.exit()` at any moment, and nothing can be sent after that.
 */
export class PromptSending {
  readonly #spans: RenewableProcessor
  readonly #onSend: () => void
  #isWanted = false
  #isRunning = false
  #nextAt = 0

  /** `onSend` is called just before something is sent. */
  constructor(spans: RenewableProcessor, onSend: () => void) {
    this.#spans = spans
    this.#onSend = onSend
  }

  start(): void {
    this.#spans.afterEnd = () => {
      this.#isWanted = true
      if (this.#isRunning) return
      this.#isRunning = true
      // Deferred, because more spans may end in this iteration of the event loop.
      systemClock.soon(() => void this.#run())
    }
  }

  stop(): void {
    this.#spans.afterEnd = undefined
  }

  get isOn(): boolean {
    return this.#spans.afterEnd !== undefined
  }

  /** Waits until another flush may begin. Keeps the process alive meanwhile, unless `isAlive` is false. */
  async waitForInterval(isAlive = true): Promise<void> {
    const millis = this.#nextAt - systemClock.now()
    this.#nextAt = Math.max(this.#nextAt, systemClock.now()) + INTERVAL_MILLIS
    if (millis <= 0) return
    await new Promise<void>((resolve) => systemClock.startTimer(resolve, millis, isAlive))
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      // oxlint-disable-next-line no-await-in-loop -- one flush after the other
      await this.waitForInterval(false)
      this.#isWanted = false
      this.#onSend()
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#spans.forceFlush({ timeoutMillis: FLUSH_MILLIS }).catch(() => {})
    }
    this.#isRunning = false
  }
}
