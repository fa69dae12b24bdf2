// SPDX-License-Identifier: Apache-2.0
import type { Application } from './application/application.js'
import type { ContenderName } from './arguments.js'
import type { Backend } from './backend/backend.js'
import { count, mebibytes } from './number-format.js'

const LINE_MILLIS = 2000

/** Says on standard error how a run is getting on, as long as something takes. */
export class WithProgress {
  readonly #contender: ContenderName
  readonly #backend: Backend
  readonly #applications: readonly Application[]
  readonly #startedAt = performance.now()

  constructor(contender: ContenderName, backend: Backend, applications: readonly Application[]) {
    this.#contender = contender
    this.#backend = backend
    this.#applications = applications
  }

  /** Rejects too if the application has ended by itself meanwhile. */
  async during(phase: string, work: Promise<unknown>): Promise<void> {
    let fail: (error: unknown) => void = () => {}
    const failed = new Promise<never>((_, reject) => (fail = reject))
    const lines = setInterval(() => void this.#say(phase).catch(fail), LINE_MILLIS)
    try {
      await Promise.race([work, failed])
    } finally {
      clearInterval(lines)
    }
  }

  async #say(phase: string): Promise<void> {
    const application = this.#applications.at(-1)
    if (application === undefined) return
    if (phase !== 'end') application.checkAlive()
    const delivered = await this.#backend.delivered()
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(0)
    const { nextIndex, bufferedBytes, rssBytes } = application
    const ended = `${count(nextIndex)} ended, ${count(delivered)} delivered`
    const memory = `${mebibytes(bufferedBytes)} MiB buffered, ${mebibytes(rssBytes)} MiB RSS`
    console.error(`${this.#contender}, ${seconds} s, ${phase}: ${ended}; ${memory}`)
  }
}
