// SPDX-License-Identifier: Apache-2.0
// register with SPANRING_WORKER=true: what ends in the last moment arrives, and the last word counts what does not.
import type { Program } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { refusingUrl, setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import { lastWords } from './last-word.js'

const application = await setupApplication('sdk-2', new URL('fixtures', import.meta.url), [
  '@opentelemetry/api',
  '@opentelemetry/sdk-node',
  '@spanring/node',
])
const sink = await setupSharedSink()

function start(how: string, env: Record<string, string> = {}): Program {
  return application.start(
    'end-in-time.mjs',
    {
      execArgv: ['--import', '@spanring/node/register'],
      env: { SPANRING_WORKER: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin, ...env },
    },
    [how],
  )
}

describe('everything arrives that ended before the last word', () => {
  test.each([
    ['by process.exit', 3, 101],
    ['by an error', 1, 101],
    ['by process.exit, with a new listener', 3, 102],
    ['by process.exit in a listener', 9, 102],
    ['with a listener that throws', 1, 102],
  ])('%s', async (how, code, spans) => {
    const ended = await start(how).ended

    expect(ended.code, ended.stderr).toBe(code)
    expect(lastWords(ended.stderr)).toEqual([])
    expect(await sink.stats()).toMatchObject({ delivered: spans, duplicates: 0 })
  })

  test.each([
    ['by a signal', null],
    ['by a signal of its own', 4],
  ])('%s', async (how, code) => {
    const program = start(how)
    await program.printed('ready')
    program.kill('SIGTERM')
    const ended = await program.ended

    expect(ended.code, ended.stderr).toBe(code)
    expect(lastWords(ended.stderr)).toEqual([])
    // There is no `exit` event if the signal itself ends the process.
    expect((await sink.stats()).delivered).toBe(code === null ? 100 : 101)
  })
})

describe('the last word says what did not arrive', () => {
  test('as failed, where nobody listens', async () => {
    const ended = await start('by process.exit', { OTEL_EXPORTER_OTLP_ENDPOINT: await refusingUrl() }).ended

    expect(lastWords(ended.stderr)).toEqual(['spanring: 101 of 101 spans were not delivered (101 connection)'])
  })

  test('as too late, if it ended after the shutdown that a process without work is given', async () => {
    const ended = await start('naturally').ended

    expect(ended.code).toBe(0)
    expect(lastWords(ended.stderr)).toEqual(['spanring: 1 of 101 spans were not delivered (1 already_shutdown)'])
    expect((await sink.stats()).delivered).toBe(100)
  })

  test('as refused, by reason', async () => {
    await sink.script({ status: 400 })
    const ended = await start('by process.exit').ended

    expect(lastWords(ended.stderr)).toEqual(['spanring: 101 of 101 spans were not delivered (101 http_400)'])
  })

  test('as still being sent, if the backend has not answered', async () => {
    await sink.script({ fault: 'never' })
    const ended = await start('by process.exit').ended

    expect(ended.code).toBe(3)
    expect(lastWords(ended.stderr)).toEqual(['spanring: 101 of 101 spans were not delivered (101 still being sent)'])
  })
})
