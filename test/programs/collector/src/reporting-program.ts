// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment } from '@spanring/test-kit/environment'
import type { Message, Report } from './programs/messages.js'

export interface ReportingProgramOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A file of `programs` that runs first. */
  readonly preload?: string
}

/** A program of `programs` in a process of its own, which sends messages: its address, how far it is, and in the end a report. */
export class ReportingProgram {
  readonly report: Promise<Report>
  readonly #child: ChildProcess
  readonly #messages: Message[] = []
  #arrived: () => void = () => {}
  #hasEnded = false
  #stderr = ''

  constructor(file: string, { args = [], env = {}, preload }: ReportingProgramOptions = {}) {
    this.#child = fork(fileURLToPath(address(file)), args, {
      execArgv: preload === undefined ? [] : ['--import', address(preload).href],
      env: { ...cleanEnvironment(), ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text))
    this.#child.on('message', (message: Message) => {
      this.#messages.push(message)
      this.#arrived()
    })
    this.#child.once('close', () => {
      this.#hasEnded = true
      this.#arrived()
    })
    this.report = this.#message((message) => ('report' in message ? message.report : undefined))
    // A test that has failed before does not look at it.
    this.report.catch(() => {})
  }

  /** The address of an application that has started. */
  url(): Promise<string> {
    return this.#message((message) => ('url' in message ? message.url : undefined))
  }

  reachedHalf(): Promise<true> {
    return this.#message((message) => ('reached' in message ? true : undefined))
  }

  stop(): void {
    this.#child.send('stop')
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #message<T>(find: (message: Message) => T | undefined): Promise<T> {
    for (;;) {
      for (const message of this.#messages) {
        const found = find(message)
        if (found !== undefined) return found
      }
      if (this.#hasEnded) throw new Error(`the program ended without a word:\n${this.#stderr}`)
      const before = this.#arrived
      // oxlint-disable-next-line no-await-in-loop -- until it comes
      await new Promise<void>((resolve) => {
        this.#arrived = () => {
          before()
          resolve()
        }
      })
    }
  }
}

function address(file: string): URL {
  return new URL(`programs/${file}.js`, import.meta.url)
}
