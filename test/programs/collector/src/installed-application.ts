// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { SPANS_ONLY, createApplication, resolveFrom } from '@spanring/test-kit/installed'
import type { InstalledLine } from '@spanring/test-kit/installed'

/** A program of the tests of `register` that knows nothing of telemetry. */
const PROGRAMS = new URL('../../../../suites/register/fixtures/', import.meta.url)

/** A directory with the program, and beside it the packages of one SDK line as a user has them installed. */
export class InstalledApplication {
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async create(line: InstalledLine): Promise<InstalledApplication> {
    return new InstalledApplication(await createApplication(line, PROGRAMS))
  }

  /** A file of the packages, the way the packages themselves find it: from one to the next. */
  resolve(...names: [string, ...string[]]): string {
    return resolveFrom(this.#dir, ...names)
  }

  /** Runs the requests against the program, and waits until it has ended by itself; `execArgv` starts its telemetry. */
  async run(file: string, execArgv: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    const child = spawn(process.execPath, [...execArgv, file], {
      cwd: this.#dir,
      // Node.js warns of the loader that stock has to be started with.
      env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...SPANS_ONLY, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'close')
    try {
      const url = await addressOf(child)
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that the spans have one order
      for (const path of ['/hello/world', '/sum', '/nowhere']) await (await fetch(url + path)).text()
      child.kill('SIGUSR2')
      const [code] = await ended
      if (code !== 0) throw new Error(`${file} ended with ${code}`)
    } finally {
      child.kill('SIGKILL')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true })
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  let printed = ''
  for await (const chunk of child.stdout ?? []) {
    printed += String(chunk)
    const [url] = /http:\S+/.exec(printed) ?? []
    if (url !== undefined) return url
  }
  throw new Error('the application ended before it listened')
}
