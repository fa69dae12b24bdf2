// SPDX-License-Identifier: Apache-2.0
// undici is loaded when an exporter is made, not when the package is imported. No span may be lost for that.
import { Program } from '@spanring/test-kit/program'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'

const FIXTURE = new URL('fixtures/export-and-end.mjs', import.meta.url)

test.each(['import', 'require'])(
  '%s: without undici, which comes with the exporter; the process stays for the result',
  async (how) => {
    const sink = await setupSink()
    await sink.script({ delayMillis: 100 })
    const { code, stdout, stderr } = await new Program(FIXTURE, [how, sink.url]).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({ atImport: 0, hasUndici: true, code: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 1, requests: 1 })
  },
)

test.each(['import', 'require'])('%s: a span that is exported right before the shutdown is delivered', async (how) => {
  const sink = await setupSink()
  const { code, stdout } = await new Program(FIXTURE, [how, sink.url, 'shutdown']).ended
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([expect.stringContaining('"code":0'), 'shut down'])
  expect((await sink.stats()).delivered).toBe(1)
})
