// SPDX-License-Identifier: Apache-2.0
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'
import { SPANS_ONLY, createApplication, resolveFrom } from './installed.js'
import type { InstalledLine } from './installed.js'
import { Program } from './program.js'
import type { ProgramOptions } from './program.js'

/** A directory with programs, and beside them the packages of one SDK line as a user has them installed. */
export class Application {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  /** `programs` are copied. `packages` are those installed, by default all that the line has. Gone when the tests of the file are. */
  static async create(line: InstalledLine, programs: URL, packages?: readonly string[]): Promise<Application> {
    const dir = await createApplication(line, programs, packages)
    afterAll(() => rm(dir, { recursive: true, force: true }))
    return new Application(dir)
  }

  /** A file of the SDK line's packages, the way the packages themselves find it: from one to the next. */
  resolve(...names: [string, ...string[]]): string {
    return resolveFrom(this.dir, ...names)
  }

  start(file: string, { env, ...options }: ProgramOptions = {}, args: readonly string[] = []): Program {
    const url = pathToFileURL(join(this.dir, file))
    return new Program(url, args, { cwd: this.dir, ...options, env: { ...SPANS_ONLY, ...env } })
  }
}
