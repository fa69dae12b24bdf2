// SPDX-License-Identifier: Apache-2.0
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'
import { Program } from './run-program.js'
import type { ProgramOptions } from './run-program.js'

export type InstalledLine = 'sdk-2' | 'sdk-3'

/** Telemetry of the process itself is not what these tests look at, and the detectors of clouds ask the network. */
const SPANS_ONLY = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_NODE_RESOURCE_DETECTORS: 'env,process' }

/** A directory with programs, and beside them the packages of one SDK line as a user has them installed. */
export class Application {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  /** `programs` are copied. Gone when the tests of the file are. */
  static async create(line: InstalledLine, programs: URL): Promise<Application> {
    const dir = await mkdtemp(join(tmpdir(), 'spanring-'))
    afterAll(() => rm(dir, { recursive: true, force: true }))
    await cp(fileURLToPath(programs), dir, { recursive: true })
    const installed = fileURLToPath(new URL(`../applications/${line}/node_modules`, import.meta.url))
    await symlink(installed, join(dir, 'node_modules'), 'junction')
    return new Application(dir)
  }

  start(file: string, { env, ...options }: ProgramOptions = {}, args: readonly string[] = []): Program {
    const url = pathToFileURL(join(this.dir, file))
    return new Program(url, args, { cwd: this.dir, ...options, env: { ...SPANS_ONLY, ...env } })
  }
}
