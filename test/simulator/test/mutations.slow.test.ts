// SPDX-License-Identifier: Apache-2.0
// Bugs on purpose that take the simulator thousands of seeds to find.
import { test } from 'vitest'
import { mutations } from '../mutations.mjs'
import { expectFound } from './expect-found.js'

const MINUTES = 60_000

test.each(mutations.filter(({ isSlow }) => isSlow))(
  'a bug on purpose is found: $name ($what)',
  async ({ name }) => {
    await expectFound(name)
  },
  5 * MINUTES,
)
