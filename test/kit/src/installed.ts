// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir, mkdtemp, realpath, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export type InstalledLine = 'sdk-2' | 'sdk-3'

/** Telemetry of the process itself is not what is looked at, and the detectors of clouds ask the network. */
export const SPANS_ONLY: Readonly<Record<string, string>> = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env,process',
}

/**
 * Makes a directory with copies of the programs, and beside them the packages of one SDK line as a user has them installed:
 * those named, or all that the line has. Whoever makes it removes it.
 */
export async function createApplication(line: InstalledLine, programs: URL, packages?: readonly string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'spanring-'))
  await cp(fileURLToPath(programs), dir, { recursive: true })
  const installed = installedPackages(line)
  const modules = join(dir, 'node_modules')
  if (packages === undefined) await symlink(installed, modules, 'junction')
  for (const name of packages ?? []) {
    await mkdir(dirname(join(modules, name)), { recursive: true })
    await symlink(await realpath(join(installed, name)), join(modules, name), 'junction')
  }
  return dir
}

/** A file of an application's packages, the way the packages themselves find it: from one to the next. */
export function resolveFrom(dir: string, ...names: readonly string[]): string {
  return names.reduce((from, name) => createRequire(from).resolve(name), join(dir, 'package.json'))
}

function installedPackages(line: InstalledLine): string {
  // By name: the place is the same for the sources of the kit and for its build.
  const kit = pathToFileURL(createRequire(import.meta.url).resolve('@spanring/test-kit/package.json'))
  return fileURLToPath(new URL(`../fixtures/applications/${line}/node_modules`, kit))
}
