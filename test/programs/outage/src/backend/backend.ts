// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import type { Figures, Range, Timeline } from './figures.js'
import type { Answer, Question } from './messages.js'

/** The process that receives spans, as its parent sees it. */
export class Backend {
  url = ''
  readonly #child: ChildProcess
  /** Of the question before, so that there is one at a time. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor() {
    this.#child = fork(fileURLToPath(new URL('run-backend.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      serialization: 'advanced',
      env: cleanEnvironment(),
    })
  }

  /** For spans with numbers below `capacity`. */
  static async start(capacity: number): Promise<Backend> {
    const backend = new Backend()
    const { url = '' } = await backend.#ask({ ask: 'start', capacity })
    backend.url = url
    return backend
  }

  /** Returns the time of day at which nobody listened any more. */
  async goAway(): Promise<number> {
    return (await this.#ask({ ask: 'go away' })).at
  }

  /** Returns the time of day at which it listened again. */
  async comeBack(): Promise<number> {
    return (await this.#ask({ ask: 'come back' })).at
  }

  async delivered(): Promise<number> {
    return (await this.#ask({ ask: 'delivered' })).delivered
  }

  async figures(timeline: Timeline, ranges: readonly Range[]): Promise<Figures & { readonly firstMillis: number | undefined }> {
    const { figures, firstMillis, errors } = await this.#ask({ ask: 'figures', timeline, ranges })
    if (errors.length > 0) throw new Error(`the backend could not read ${errors.length} requests: ${errors[0]}`)
    if (figures === undefined) throw new Error('the backend gave no figures')
    return { ...figures, firstMillis }
  }

  async close(): Promise<void> {
    if (this.#hasEnded()) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  async #ask(question: Question): Promise<Answer> {
    const answer = this.#last.then(async () => {
      if (this.#hasEnded()) throw new Error('the backend has ended')
      this.#child.send(question)
      const over = new AbortController()
      const { signal } = over
      const ended = once(this.#child, 'exit', { signal }).then(() => {
        throw new Error(`the backend has ended instead of its answer to ${question.ask}`)
      })
      const [said] = await Promise.race([once(this.#child, 'message', { signal }), ended])
      over.abort()
      return said as Answer
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
