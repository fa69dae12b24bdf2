// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

function sourceOfCore(module: string): string {
  return join(fileURLToPath(new URL('packages/core/src', import.meta.url)), `${module}.ts`)
}

export default defineConfig({
  // Unit tests run the sources of a package, and so those of what is copied into it at build.
  resolve: {
    alias: [
      { find: /^@spanring\/core$/, replacement: sourceOfCore('index') },
      { find: /^@spanring\/core\/(.+)$/, replacement: sourceOfCore('$1') },
    ],
  },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'benchmarks/test/**/*.test.ts',
      'examples/*/test/**/*.test.ts',
    ],
    // See vitest.slow.config.ts.
    exclude: ['**/node_modules/**', '**/*.slow.test.ts'],
    // Real sockets and child processes share two cores with the rest of the run.
    testTimeout: 30_000,
    // By itself the runner takes one fewer than there are cores, and on two of them six minutes instead of four.
    maxWorkers: 2,
    // Of tests that say that they may run beside each other: each starts processes of its own.
    maxConcurrency: 3,
    // Tests about garbage (a taken slot no longer holds its span) call gc().
    execArgv: ['--expose-gc'],
  },
})
