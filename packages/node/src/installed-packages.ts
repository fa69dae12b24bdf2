// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isOwnProgram, realPath } from './own-files.js'

/** A package that was found, with what is needed to find its dependencies. */
export interface InstalledPackage {
  readonly name: string
  /** The file that `require(name)` loads. */
  readonly file: string
  /** The file from which it was resolved. */
  readonly origin: string
  load(): Record<string, unknown>
}

/**
 * Finds a package where the application would find it: from its main program, then from the working directory, then from
 * this file, because that is where strict package managers such as pnpm link it. Undefined if it is not found.
 */
export function findPackage(name: string): InstalledPackage | undefined {
  return findFrom(origins(), name)
}

/** Finds a package only where the other one was found, so that both come from the same installation. */
export function findBeside(found: InstalledPackage, name: string): InstalledPackage | undefined {
  return findFrom([found.origin], name)
}

/** Finds a dependency of a package: the very copy that the package itself uses. */
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
      // It cannot be resolved from there.
    }
  }
  return undefined
}

function origins(): string[] {
  const main = process.argv[1]
  // There is no program with `node --eval`, and our own program does not count. If the program is a link, Node.js resolves
  // modules from its real path.
  const programs = main === undefined || main === '' || isOwnProgram(main) ? [] : [realPath(main)]
  return [...programs, join(process.cwd(), 'package.json'), import.meta.url]
}
