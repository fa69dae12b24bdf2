// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import { Program } from '@spanring/test-kit/program'
import { expect, onTestFinished, test } from 'vitest'

const PROGRAM = new URL('fixtures/dom.mjs', import.meta.url)

test.each(['document', 'all'])(
  'beside the globals of jsdom (%s) spans are delivered, and no listener is left',
  async (globals) => {
    const sink = await startSink()
    onTestFinished(() => sink.close())
    const { stdout, stderr } = await new Program(PROGRAM, [globals, sink.url]).ended
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ exported: 1, listeners: [1, 0] })
    expect((await sink.stats()).delivered).toBe(1)
  },
)
