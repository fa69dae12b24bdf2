// SPDX-License-Identifier: Apache-2.0
// The process of the application is as it was: its fetch, its globals, its listeners, its threads.
import { Program } from '@spanring/test-kit/program'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'

test.each(['import', 'require'])(
  'spans are sent from another thread without a trace in that of the application (%s)',
  async (how) => {
    const sink = await setupSink()
    const { stdout, stderr } = await new Program(new URL('fixtures/untouched.mjs', import.meta.url), [how, sink.url]).ended

    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      loaded: [],
      sending: process.platform === 'linux' ? ['listeners', 'streams', 'threads'] : ['listeners', 'streams'],
      ended: [],
      left: [],
      undici: 0,
      exported: 100,
      status: 415,
    })
  },
)
