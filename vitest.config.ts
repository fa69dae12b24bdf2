// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

function source(path: string): string {
  return join(import.meta.dirname, path)
}

/** What runs a second time with the export thread: it has to keep every promise that the exporter makes without it. */
const WITH_THREAD = [
  'packages/otlp-exporter/test/{otlp-trace-exporter,exporter/*}.test.ts',
  'test/suites/{whole-pipeline,incidents}/**/*.test.ts',
  'test/suites/processor/async-resource.test.ts',
]

export default defineConfig({
  resolve: {
    alias: [
      // Unit tests run the sources of a package, and so those of what is copied into it at build.
      { find: /^@spanring\/core$/, replacement: source('packages/core/src/index.ts') },
      { find: /^@spanring\/core\/(.+)$/, replacement: source('packages/core/src/$1.ts') },
      // As unit tests have helpers of their own: an edit of the kit needs no build. Programs run its build.
      { find: /^@spanring\/test-kit\/(.+)$/, replacement: source('test/kit/src/$1.ts') },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: [
            'packages/*/test/**/*.test.ts',
            'test/**/*.test.ts',
            'benchmarks/test/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
          ],
        },
      },
      {
        extends: true,
        // The thread runs a file of the build, which is found from the build alone.
        resolve: {
          alias: [
            {
              find: /^(?:\.\.\/)+src\/otlp-trace-exporter\.js$/,
              replacement: source('packages/otlp-exporter/dist/esm/index.js'),
            },
          ],
        },
        test: { name: 'export thread', include: WITH_THREAD, env: { SPANRING_WORKER: 'true' } },
      },
    ],
    // See vitest.slow.config.ts and vitest.stress.config.ts.
    exclude: ['**/node_modules/**', '**/*.{slow,stress}.test.ts'],
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
