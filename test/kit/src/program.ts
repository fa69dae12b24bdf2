// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { cleanEnvironment } from './environment.js'
import { outputOf } from './output.js'
import type { Output } from './output.js'

/** A program that has not ended by then is killed, and the test fails: hardly a fixture runs for more than a few seconds. */
const LIMIT_MILLIS = 20_000

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  /** Options of Node.js, before the program. */
  readonly execArgv?: readonly string[] | undefined
  /** Added to a clean environment. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly cwd?: string | undefined
  /** When it is killed, in milliseconds; default 20,000. */
  readonly limitMillis?: number | undefined
}

/** A Node.js program in a process of its own. */
export class Program {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #output: Readonly<Output>

  constructor(file: URL, args: readonly string[] = [], options: ProgramOptions = {}) {
    const { execArgv = [], env: added = {}, cwd, limitMillis = LIMIT_MILLIS } = options
    const env = { ...cleanEnvironment(), ...added }
    this.#child = spawn(process.execPath, [...execArgv, file.pathname, ...args], { env, cwd })
    this.#output = outputOf(this.#child)
    this.ended = new Promise((resolve, reject) => {
      const limit = setTimeout(() => this.kill('SIGKILL'), limitMillis)
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        clearTimeout(limit)
        resolve({ code, signal, ...this.#output })
      })
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** To its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Until the program has printed the text, or something that matches; gives what it was. */
  async printed(text: string | RegExp): Promise<string> {
    let hasEnded = false
    const ended = this.ended.then(() => (hasEnded = true))
    const find = (): string | undefined =>
      typeof text === 'string' ? (this.#output.stdout.includes(text) ? text : undefined) : text.exec(this.#output.stdout)?.[0]
    for (;;) {
      const found = find()
      if (found !== undefined) return found
      if (hasEnded)
        throw new Error(`the program ended without printing ${String(text)}:\n${this.#output.stdout}${this.#output.stderr}`)
      await Promise.race([once(this.#child.stdout, 'data'), ended])
    }
  }
}
