// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Unit tests run the sources of a package, and so those of what is copied into it at build.
  resolve: { alias: { '@spanring/core': fileURLToPath(new URL('packages/core/src/index.ts', import.meta.url)) } },
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
