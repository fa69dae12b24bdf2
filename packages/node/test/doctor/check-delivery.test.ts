// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { checkDelivery } from '../../src/doctor/check-delivery.js'
import type { Finding } from '../../src/doctor/finding.js'
import type { TestSpan } from '../../src/doctor/probe-report.js'
import { warningOf } from '../../src/doctor/warning.js'

interface Given {
  readonly logged?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

function check(testSpan: TestSpan, { logged = [], env = {} }: Given = {}): Promise<Finding> {
  return checkDelivery({ read: Object.keys(env), testSpan, millis: 1 }, logged.map(warningOf), env)
}

describe('checkDelivery', () => {
  test.each([
    [{}, 'OTEL_EXPORTER_OTLP_ENDPOINT is not set. Set it to the address of the backend, unless your code does.'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, 'The address comes from OTEL_EXPORTER_OTLP_ENDPOINT.'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a' }, 'The address comes from OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.'],
  ])('with %j says: %s', async (env, sentence) => {
    const error = '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:4317. Resolution note: '
    const { text, advice } = await check({ error }, { env })

    expect(text).toContain('nothing listens at 127.0.0.1:4317 (connection refused)')
    expect(advice).toContain(sentence)
  })

  test.each<[string, TestSpan, string]>([
    [
      'in the message',
      { error: 'http://a/v1/traces: answered 503: upstream ECONNREFUSED, certificate expired' },
      'overloaded (HTTP 503). It says: upstream ECONNREFUSED, certificate expired',
    ],
    [
      'as data beside the error',
      { error: 'Bad Request; HTTP 400', data: '{"message":\n"no <b>tenant</b>"}\u0007' },
      'request (HTTP 400). It says: {"message": "no tenant "}',
    ],
    ['not at all', { error: 'http://a/v1/traces: answered 400' }, 'request (HTTP 400).'],
  ])('tells what a backend says: %s', async (_how, testSpan, end) => {
    const { kind, text } = await check(testSpan)

    expect(kind).toBe('fault')
    expect(text.endsWith(end), text).toBe(true)
  })

  test.each([
    ['https://login.example/x', 'https://login.example/x'],
    ['that is not a URL', 'an invalid URL'],
    ['https://login.example/x\n    at Client.send (client.js:1:2)', 'https://login.example/x'],
  ])('tells where a redirect leads: %s', async (location, target) => {
    const { text } = await check({ error: `http://a/v1/traces: answered 302 with Location ${location}: <html>` })

    expect(text).toContain(`http://a/v1/traces redirects to ${target} (HTTP 302)`)
  })

  test('shows no part of a header that the backend gives back, and cuts its words only then', async () => {
    const env = { OTEL_EXPORTER_OTLP_HEADERS: `api-key=${'sesame'.repeat(20)}` }
    const data = `${'x'.repeat(250)} ${'sesame'.repeat(20)} and more, ${'y'.repeat(300)}`
    const { text } = await check({ error: 'answered 400', data }, { env })

    expect(text).not.toContain('sesame')
    expect(text).toContain('xxx … and more')
    expect(text.length).toBeLessThan(450)
  })

  test.each([
    ['OTLPTraceExporter: [SPANRING_NOT_OTLP] http://a answered 200: {}', 'OTLPTraceExporter: http://a answered 200: {}'],
    [
      'OTLPExportDelegate Export succeeded but could not deserialize response - is the response specification compliant? Error: x',
      'OTLPExportDelegate Export succeeded but could not deserialize response - is the response specification compliant? Error: x',
    ],
  ])('faults a success that is none: %s', async (line, shown) => {
    const { kind, text, advice } = await check('accepted', { logged: [line] })

    expect(kind).toBe('fault')
    expect(text).toBe(`What accepted the test span is not an OTLP backend: ${shown}`)
    expect(advice).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
  })

  test('is content with a success of {}, which the stock exporter cannot read', async () => {
    const logged = ['OTLPExportDelegate Export succeeded but could not deserialize response. Error: Unknown wire type 3 {}']

    expect(await check('accepted', { logged })).toMatchObject({ kind: 'ok' })
  })

  test.each([
    'OTLPTraceExporter: [SPANRING_SPANS_REJECTED] http://a: no tenant',
    'Received Partial Success response: {"rejectedSpans":"1","errorMessage":"no tenant"}',
  ])('faults a success that has rejected the span: %s', async (line) => {
    expect(await check('accepted', { logged: [line] })).toMatchObject({
      kind: 'fault',
      text: expect.stringContaining('no tenant') as string,
    })
  })

  test('says which time-out was too short, and its unit', async () => {
    const env = { OTEL_EXPORTER_OTLP_TIMEOUT: '300', OTEL_BSP_EXPORT_TIMEOUT: '5000' }
    const { text } = await check({ error: 'http://a/v1/traces: no response in time' }, { env })

    expect(text).toContain('did not answer within 300 ms, which is OTEL_EXPORTER_OTLP_TIMEOUT; the unit is milliseconds.')
  })
})
