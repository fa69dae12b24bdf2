// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isOwnProgram, realPath } from './own-files.js'

/** A package that was found, and the way to what it depends on itself. */
export interface InstalledPackage {
  readonly name: string
  /** The file that `require(name)` loads. */
  readonly file: string
  /** The file from which it was found. */
  readonly origin: string
  load(): Record<string, unknown>
}

/**
 * Looks for a package where the application would find it: from its main program, from the working directory, else from
 * here, which is where package managers that keep packages apart link it to. Undefined if it is nowhere.
 */
export function findPackage(name: string): InstalledPackage | undefined {
  return findFrom(origins(), name)
}

/** Looks only where the other was found, so that what is put together was installed together. */
export function findBeside(found: InstalledPackage, name: string): InstalledPackage | undefined {
  return findFrom([found.origin], name)
}

/** Looks for what a package depends on: its very copy of it. */
export function findBehind(found: InstalledPackage, name: string): InstalledPackage | undefined {
  return findFrom([found.file, found.origin], name)
}

function findFrom(places: readonly string[], name: string): InstalledPackage | undefined {
  for (const origin of places) {
    try {
      const require = createRequire(origin)
      const file = require.resolve(name)
      return { name, file, origin, load: () => require(file) as Record<string, unknown> }
    } catch {
      // Not to be found from there.
    }
  }
  return undefined
}

function origins(): string[] {
  const main = process.argv[1]
  // Without a program, as with `node --eval`, or in ours, the working directory is all there is. Node.js looks for modules
  // from where a linked program really is.
  const programs = main === undefined || main === '' || isOwnProgram(main) ? [] : [realPath(main)]
  return [...programs, join(process.cwd(), 'package.json'), import.meta.url]
}
