// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import type { ReceivedSpan, Sink } from '@spanring/sink'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Application } from '../src/application.js'
import type { InstalledLine } from '../src/application.js'

const PROGRAMS = new URL('fixtures', import.meta.url)
const OURS = '@spanring/node/register'

const lines = ['sdk-2', 'sdk-3'] as const satisfies InstalledLine[]

let sink: Sink
beforeAll(async () => (sink = await startSink()))
afterEach(() => sink.reset())
afterAll(() => sink.close())

function serverSpans(spans: readonly ReceivedSpan[]): string[] {
  return spans.filter(({ kind }) => kind === 2).map(({ name }) => name)
}

describe.each(lines)('register beside %s', async (line) => {
  const application = await Application.create(line, PROGRAMS)

  test.each([
    ['an ES module', '--import', 'server.mjs'],
    ['CommonJS', '--import', 'server.cjs'],
    ['an ES module', '--require', 'server.mjs'],
    ['CommonJS', '--require', 'server.cjs'],
  ])('traces %s started with %s', async (_format, option, file) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin }
    const program = application.start(file, { execArgv: [option, OURS], env })
    const url = await program.printed(/http:\S+/)
    await (await fetch(`${url}/hello/world`)).text()
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' })
    expect(serverSpans(await sink.spans())).toEqual(['GET'])
  })
})
