// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config'

/** The same as some quick tests a thousand times over, and waits in real time: minutes. To be run when the thread is changed. */
export default defineConfig({
  test: {
    include: ['test/**/*.stress.test.ts'],
    testTimeout: 600_000,
  },
})
