// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Program } from './program.js'
import type { ProgramOptions } from './program.js'

export type InstalledLine = 'sdk-2' | 'sdk-3'

/** Telemetry of the process itself is not what is looked at, and the detectors of clouds ask the network. */
const SPANS_ONLY: Readonly<Record<string, string>> = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,process',
}

/** A directory with programs, and beside them the packages of one SDK line as a user has them installed. */
export class Application {
  readonly dir: string

  private constructor(dir: string) {
    this.dir = dir
  }

  /** `programs` are copied. `packages` are those installed, by default all that the line has. Gone when it is disposed of. */
  static async create(line: InstalledLine, programs: URL, packages?: readonly string[]): Promise<Application> {
    const dir = await mkdtemp(join(tmpdir(), 'spanring-'))
    await cp(fileURLToPath(programs), dir, { recursive: true })
    const installed = installedPackages(line)
    const modules = join(dir, 'node_modules')
    if (packages === undefined) await symlink(installed, modules, 'junction')
    for (const name of packages ?? []) {
      await mkdir(dirname(join(modules, name)), { recursive: true })
      await symlink(await realpath(join(installed, name)), join(modules, name), 'junction')
    }
    return new Application(dir)
  }

  /** A file of the SDK line's packages, the way the packages themselves find it: from one to the next. */
  resolve(...names: [string, ...string[]]): string {
    return names.reduce((from, name) => createRequire(from).resolve(name), join(this.dir, 'package.json'))
  }

  start(file: string, { env, ...options }: ProgramOptions = {}, args: readonly string[] = []): Program {
    const url = pathToFileURL(join(this.dir, file))
    return new Program(url, args, { cwd: this.dir, ...options, env: { ...SPANS_ONLY, ...env } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.dir, { recursive: true, force: true })
  }
}

function installedPackages(line: InstalledLine): string {
  // By name: the place is the same for the sources of the kit and for its build.
  const kit = pathToFileURL(createRequire(import.meta.url).resolve('@spanring/test-kit/package.json'))
  return fileURLToPath(new URL(`../fixtures/applications/${line}/node_modules`, kit))
}
