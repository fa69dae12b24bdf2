// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { checkVariables } from '../../src/doctor/check-variables.js'

function check(env: Record<string, string>, read: readonly string[] = []): string[] {
  const report = { read, testSpan: 'accepted', millis: 1 } as const
  return checkVariables(env, report).map(({ kind, text, advice }) => `${kind}: ${text} ${advice ?? ''}`.trim())
}

describe('checkVariables', () => {
  test.each([
    ['OTEL_EXPORTER_OTLP_ENDPOIN', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_EXPORTER_OTLP_ENDPOINTS', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_SERIVCE_NAME', 'OTEL_SERVICE_NAME'],
    ['OTEL_SERVICE_NANE', 'OTEL_SERVICE_NAME'],
    ['OTEL_BSP_MAX_QUEUE_SIZ', 'OTEL_BSP_MAX_QUEUE_SIZE'],
    ['OTEL_EXPORTER_OTLP_TRACE_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    ['OTEL_TRACE_EXPORTERS', 'OTEL_TRACES_EXPORTER'],
    ['SPANRING_EXIT_TIMOUT', 'SPANRING_EXIT_TIMEOUT'],
    ['SPANRING_WORKERS', 'SPANRING_WORKER'],
  ])('takes %s for a typing error', (given, meant) => {
    expect(check({ [given]: 'x' })).toEqual([`fault: ${given} is set, but there is no such variable. Did you mean ${meant}?`])
  })

  test('knows what NodeSDK ignores, what code has overridden, and what it cannot judge', () => {
    const found = check({ OTEL_BSP_SCHEDULE_DELAY: '1', OTEL_SERVICE_NAME: 'shop', OTEL_SOMETHING_ELSE: 'x' })

    expect(found[0]).toMatch(/^fault: OTEL_BSP_SCHEDULE_DELAY .*NodeSDK ignores it/)
    expect(found[1]).toMatch(/^fault: OTEL_SERVICE_NAME .*Your code may set the same thing itself/)
    expect(found[2]).toMatch(/^note: OTEL_SOMETHING_ELSE /)
  })

  test('does not advise a processor for a name that nothing reads', () => {
    const found = check({ OTEL_BSP_MAX_QUEUE_BYTES: '1', SPANRING_EXIT_TIMEOUT: '1' })

    expect(found[0]).toBe('note: OTEL_BSP_MAX_QUEUE_BYTES is set, but nothing in this set-up has read it so far.')
    expect(found[1]).toMatch(/^fault: SPANRING_EXIT_TIMEOUT .*Only @spanring\/node\/register does/)
  })

  test('says nothing of variables that are empty, or about metrics and logs', () => {
    expect(check({ OTEL_SERVICE_NAME: '', OTEL_METRICS_EXPORTER: 'otlp', OTEL_BLRP_SCHEDULE_DELAY: '1', PATH: '/' })).toEqual([])
  })

  test('looks at the level of logging, which it leaves out itself', () => {
    expect(check({ OTEL_LOG_LEVEL: 'verbos' })).toEqual([
      'fault: OTEL_LOG_LEVEL is "verbos"; must be one of none, error, warn, info, debug, verbose, all.',
    ])
    expect(check({ OTEL_LOG_LEVEL: 'None' })[0]).toMatch(/^note: OTEL_LOG_LEVEL=None hides the warnings/)
    expect(check({ OTEL_LOG_LEVEL: 'debug' })).toEqual([])
  })

  test.each(['Authorization: Bearer abc', 'a=b, Bearer abc', 'abcdef'])('finds that %s is no list of headers', (text) => {
    expect(check({ OTEL_EXPORTER_OTLP_HEADERS: text }, ['OTEL_EXPORTER_OTLP_HEADERS'])[1]).toMatch(
      /^fault: .* is not written as name=value/,
    )
  })

  test.each(['authorization=Bearer%20abc', 'a=b,c=d==', ' a = b ,'])('finds nothing wrong with the headers %s', (text) => {
    expect(check({ OTEL_EXPORTER_OTLP_HEADERS: text }, ['OTEL_EXPORTER_OTLP_HEADERS'])).toEqual([
      'ok: Read: OTEL_EXPORTER_OTLP_HEADERS',
    ])
  })
})
