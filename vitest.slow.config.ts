// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config'

/** What takes too long to be run with every change; `.ci/run` runs it. */
export default defineConfig({
  test: {
    include: ['test/**/*.slow.test.ts'],
    testTimeout: 60_000,
  },
})
