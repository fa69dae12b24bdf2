// SPDX-License-Identifier: Apache-2.0
import { now, soon, startTimer } from './clock.js'
import type { RenewableProcessor } from './renewable-processor.js'

/** From the beginning of one flush to the next: each is a request of its own. */
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

  async #run(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false
      const startedAt = now()
      this.#onSend()
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#spans.forceFlush({ timeoutMillis: FLUSH_MILLIS }).catch(() => {})
      // oxlint-disable-next-line no-await-in-loop -- as above
      await new Promise<void>((resolve) => startTimer(resolve, startedAt + INTERVAL_MILLIS - now()).unref())
    }
    this.#isRunning = false
  }
}
