// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import type { Account, Order, Progress, Report } from './messages.js'

/** The process that ends spans, as its parent sees it. */
export class Application {
  readonly firstIndex: number
  highestRssBytes = 0
  highestBufferedBytes = 0
  account: Account | undefined
  /** One report after the other, as columns: how far it was when, in milliseconds of the time of day. */
  readonly #times: number[] = []
  readonly #nextIndexes: number[] = []
  readonly #child: ChildProcess
  /** Once it has ended, and everything that it has told has arrived. */
  readonly #ended: Promise<unknown>
  #last: Progress | undefined
  #isDone = false
  #wasKilled = false

  private constructor(order: Order) {
    this.firstIndex = order.firstIndex
    const file = fileURLToPath(new URL('run-application.js', import.meta.url))
    this.#child = fork(file, [JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      serialization: 'advanced',
      env: cleanEnvironment(),
    })
    this.#child.on('message', (message) => this.#hear(message as Report))
    this.#ended = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')])
    // Whoever waits for it is told.
    this.#ended.catch(() => {})
  }

  /** Resolves when it has begun to end spans. */
  static async start(order: Order): Promise<Application> {
    const application = new Application(order)
    await Promise.race([once(application.#child, 'message'), application.#ended])
    application.checkAlive()
    return application
  }

  /** The number after that of the last span that is known to have ended. */
  get nextIndex(): number {
    return this.#last?.nextIndex ?? this.firstIndex
  }

  /** When it began to end spans, as a time of day. */
  get startedAt(): number {
    return this.#times[0] ?? NaN
  }

  get rssBytes(): number {
    return this.#last?.rssBytes ?? 0
  }

  get bufferedBytes(): number {
    return this.#last?.bufferedBytes ?? 0
  }

  /** The number after that of the last span that is known to have ended by that time of day. */
  nextIndexAt(time: number): number {
    const position = this.#times.findLastIndex((at) => at <= time)
    return this.#nextIndexes[position] ?? this.firstIndex
  }

  /** By when that span had ended, as a time of day. */
  timeOf(index: number): number {
    const position = this.#nextIndexes.findIndex((nextIndex) => nextIndex > index)
    return this.#times[position] ?? Infinity
  }

  checkAlive(): void {
    if (!this.#hasEnded() || this.#wasKilled) return
    throw new Error(`the application has ended by itself (${this.#child.signalCode ?? `exit code ${this.#child.exitCode}`})`)
  }

  /** Returns the time of day before which it was alive. */
  async kill(): Promise<number> {
    this.checkAlive()
    const at = Date.now()
    this.#wasKilled = true
    this.#child.kill('SIGKILL')
    await this.#ended
    return at
  }

  /** Ends no more spans, flushes and shuts down. */
  async finish(): Promise<void> {
    this.checkAlive()
    this.#child.send('finish')
    await this.#ended
    if (!this.#isDone) this.checkAlive()
  }

  /** Whatever state it is in. */
  async end(): Promise<void> {
    if (!this.#hasEnded()) await this.kill()
  }

  #hear(report: Report): void {
    if (report.kind === 'done') {
      this.account = report.account
      this.#isDone = true
      return
    }
    this.#last = report
    this.#times.push(report.at)
    this.#nextIndexes.push(report.nextIndex)
    this.highestRssBytes = Math.max(this.highestRssBytes, report.rssBytes)
    this.highestBufferedBytes = Math.max(this.highestBufferedBytes, report.bufferedBytes)
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
