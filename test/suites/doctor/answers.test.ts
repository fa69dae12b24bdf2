// SPDX-License-Identifier: Apache-2.0
// What the doctor makes of a backend that answers late, or something odd.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { afterEach, describe, expect, test } from 'vitest'
import { runDoctor } from './run-doctor.js'
import type { Diagnosis } from './run-doctor.js'

const application = await setupApplication('sdk-2', new URL('fixtures', import.meta.url))

interface Answer {
  readonly status?: number
  readonly afterMillis?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

let close: (() => void) | undefined
afterEach(() => close?.())

async function diagnose(
  setUp: string,
  { status = 200, afterMillis = 0, headers = {}, body = '' }: Answer,
  env: Record<string, string> = {},
): Promise<Diagnosis> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => setTimeout(() => response.writeHead(status, headers).end(body), afterMillis))
  }).listen(0, '127.0.0.1')
  close = () => server.close().closeAllConnections()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return runDoctor(application, ['--import', setUp], `http://127.0.0.1:${port}`, env)
}

/** The pipeline of spanring, and the stock exporter behind its processor. */
const SET_UPS = ['./ours.mjs', './telemetry.mjs']

test('counts a span that the backend has rejected once, whatever the reason', async () => {
  const { text } = await diagnose(
    './ours.mjs',
    {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'service.name must be set' } }),
    },
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
  )

  expect(text).toMatch(/fault +The test span was not delivered: .*service\.name must be set/)
  expect(text).toContain('1 thing is wrong.')
})

test('does not wait for every retry of a backend that is overloaded', async () => {
  const { code, text } = await diagnose('./ours.mjs', {
    status: 503,
    headers: { 'content-type': 'text/plain' },
    body: 'no upstream',
  })

  expect(text).toMatch(/overloaded \(HTTP 503\)\. It says: no upstream\n/)
  expect(code).toBe(1)
})

describe.each(SET_UPS)('spanring doctor with %s', (setUp) => {
  test('tries the time-out that is set, and says its unit', async () => {
    const { code, text } = await diagnose(setUp, { afterMillis: 200 }, { OTEL_EXPORTER_OTLP_TIMEOUT: '10' })

    expect(text).toMatch(/fault +OTEL_EXPORTER_OTLP_TIMEOUT is 10 ms; the unit is milliseconds\./)
    expect(text).toMatch(/fault +The test span was not delivered: .* did not answer within 10 ms/)
    expect(code).toBe(1)
  })

  test('waits for a backend that answers within the time-out that is set', async () => {
    const { code, text } = await diagnose(setUp, { afterMillis: 3000 }, { OTEL_EXPORTER_OTLP_TIMEOUT: '6000' })

    expect(text).toMatch(/The test span was accepted, \d{4} ms after it ended/)
    expect(code).toBe(0)
  })

  test('tells what the backend says, and shows no header that it gives back', async () => {
    const body = JSON.stringify({ message: 'no tenant of open-sesame' })
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=open-sesame' }
    const { code, text } = await diagnose(setUp, { status: 400, headers: { 'content-type': 'application/json' }, body }, env)

    expect(text).toMatch(/the backend refused the request \(HTTP 400\)\. It says: .*no tenant of …/)
    expect(text).not.toContain('sesame')
    expect(code).toBe(1)
  })

  test('shows no part of a header that the backend gives back far behind', async () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: `api-key=${'sesame'.repeat(20)}` }
    const { text } = await diagnose(setUp, { status: 400, body: `${' '.repeat(9970)}x ${'sesame'.repeat(20)} y` }, env)

    expect(text).toContain('HTTP 400')
    expect(text).not.toContain('sesame')
  })

  test('shows what a page says once, cut, and without what controls a terminal', async () => {
    const body = `<html>\u001B[2J\u001B]0;mine\u0007You must be logged in.${'<p>filler</p>'.repeat(300)}</html>`
    const { text } = await diagnose(setUp, { headers: { 'content-type': 'text/html' }, body })

    expect(text).toContain('1 thing is wrong.')
    expect(text.match(/You must be logged in/g)).toHaveLength(1)
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(text.length).toBeLessThan(1500)
  })

  test.each([
    ['a login page', 'text/html', '<html><h1>Log in</h1></html>'],
    ['OK', 'text/plain', 'OK'],
  ])('faults a success that is none: %s', async (_what, type, body) => {
    const { code, text } = await diagnose(setUp, { headers: { 'content-type': type }, body })

    expect(text).toMatch(/fault +What accepted the test span is not an OTLP backend: /)
    expect(code).toBe(1)
  })

  test.each([
    ['{}', { 'content-type': 'application/json' }, '{}'],
    ['nothing', {}, ''],
  ])('is content with the answer %s', async (_what, headers: Record<string, string>, body) => {
    const { code, text } = await diagnose(setUp, { headers, body })

    expect(text).toContain('The test span was accepted')
    expect(code).toBe(0)
  })
})
