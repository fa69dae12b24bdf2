// SPDX-License-Identifier: Apache-2.0
import module from 'node:module'

/** What Yarn's Plug'n'Play adds to `node:module`. */
interface PnpModule {
  findPnpApi?(lookup: string): { resolveToUnqualified(request: string, issuer: null): string | null } | null
}

/**
 * Options for a thread, so that it finds packages where the process does. Yarn's Plug'n'Play keeps packages in archives that only
 * its hooks can read, and a thread has these hooks only if it preloads them.
 *
 * The lookup starts at the program. `import.meta.url` would be wrong in a bundle: webpack puts the path of the build machine there.
 */
export function packageOptions(program: string = process.argv[1] ?? process.cwd()): string[] {
  const hooks = (module as PnpModule).findPnpApi?.(program)?.resolveToUnqualified('pnpapi', null)
  return typeof hooks === 'string' ? ['--require', hooks] : []
}
