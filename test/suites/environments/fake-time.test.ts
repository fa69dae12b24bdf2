// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import type { Sink } from '@spanring/sink'
import { Program } from '@spanring/test-kit/program'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const PROGRAM = new URL('fixtures/fake-time.mjs', import.meta.url)

let sink: Sink
beforeAll(async () => {
  sink = await startSink()
  await sink.script({ fault: 'never' })
})
afterAll(() => sink.close())

describe.each(['before', 'after'])('time that is faked %s the packages are loaded', (when) => {
  test.concurrent.each([
    ['sinon', 'mjs'],
    ['sinon', 'cjs'],
    ['jest legacy', 'cjs'],
    ['node:test', 'mjs'],
    ['stubbed clock', 'mjs'],
  ])('stops nothing: %s, %s', async (faker, format) => {
    const { stdout, stderr } = await new Program(PROGRAM, [faker, when, format, sink.url]).ended
    expect(stderr).not.toMatch(/^\w*Error/m)
    expect(JSON.parse(stdout)).toEqual({
      afterDelay: 5,
      flush: 'fulfilled',
      exported: 100,
      silentFlush: 'rejected',
      networkFlush: 'rejected',
      failed: { timeout: 1 },
    })
  })
})
