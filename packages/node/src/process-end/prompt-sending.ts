// SPDX-License-Identifier: Apache-2.0
import { now, soon, startTimer } from '../clock.js'
import type { RenewableProcessor } from './renewable-processor.js'

/** From the beginning of one flush to the next, whoever asks for it: each is a request of its own. */
const INTERVAL_MILLIS = 10
/** How long one flush is waited for before the next begins; what it has begun goes on. */
const FLUSH_MILLIS = 50

/**
 * Sends spans as soon as they have ended, not when a batch is full: from a signal on, the application may end itself with
 * `process.exit()` at any moment, and nothing can be sent after that.
 */
export class PromptSending {
  readonly #spans: RenewableProcessor
  readonly #onSend: () => void
  #isWanted = false
  #isRunning = false
  #nextAt = 0

  /** `onSend` is called when something is about to be sent. */
  constructor(spans: RenewableProcessor, onSend: () => void) {
    this.#spans = spans
    this.#onSend = onSend
  }

  start(): void {
    this.#spans.afterEnd = () => {
      this.#isWanted = true
      if (this.#isRunning) return
      this.#isRunning = true
      // Others may end in this turn.
      soon(() => void this.#run())
    }
  }

  stop(): void {
    this.#spans.afterEnd = undefined
  }

  get isOn(): boolean {
    return this.#spans.afterEnd !== undefined
  }

  /** Waits until another flush may begin; keeps the process alive meanwhile, unless it is told not to. */
  async turn(isAlive = true): Promise<void> {
    const millis = this.#nextAt - now()
    this.#nextAt = Math.max(this.#nextAt, now()) + INTERVAL_MILLIS
    if (millis <= 0) return
    await new Promise<void>((resolve) => {
      const timer = startTimer(resolve, Math.ceil(millis))
      if (!isAlive) timer.unref()
    })
  }

  async #run(): Promise<void> {
    while (this.#isWanted) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.turn(false)
      this.#isWanted = false
      this.#onSend()
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#spans.forceFlush({ timeoutMillis: FLUSH_MILLIS }).catch(() => {})
    }
    this.#isRunning = false
  }
}
