// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { checkTimeLimits } from '../../src/doctor/check-time-limits.js'

function check(env: Record<string, string>, read: readonly string[] = Object.keys(env)): string[] {
  return checkTimeLimits(env, read).map(({ kind, text, advice }) => `${kind}: ${text} ${advice ?? ''}`)
}

describe('checkTimeLimits', () => {
  test.each([
    'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
    'OTEL_BSP_EXPORT_TIMEOUT',
    'SPANRING_EXIT_TIMEOUT',
  ])('takes %s=10 for seconds', (name) => {
    expect(check({ [name]: '10' })).toEqual([
      `fault: ${name} is 10 ms; the unit is milliseconds. If 10 s are meant, set it to 10000.`,
    ])
  })

  test('looks at the first that can be used, as it is used', () => {
    const general = 'fault: OTEL_EXPORTER_OTLP_TIMEOUT is 10 ms; the unit is milliseconds. If 10 s are meant, set it to 10000.'
    for (const passedOver of ['foo', '-1', ' ']) {
      expect(check({ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: passedOver, OTEL_EXPORTER_OTLP_TIMEOUT: '10' })).toEqual([general])
    }
    expect(check({ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '0', OTEL_EXPORTER_OTLP_TIMEOUT: '10' })).toEqual([])
    expect(check({ OTEL_EXPORTER_OTLP_TIMEOUT: '10.5' })).toEqual([
      'fault: OTEL_EXPORTER_OTLP_TIMEOUT is 11 ms; the unit is milliseconds. If 10.5 s are meant, set it to 10500.',
    ])
    expect(check({ SPANRING_EXIT_TIMEOUT: '10.5' })).toEqual([])
  })

  test('finds nothing wrong with those that can be milliseconds, are no numbers, are not read, or are beaten by another', () => {
    expect(check({ OTEL_EXPORTER_OTLP_TIMEOUT: '100', OTEL_BSP_EXPORT_TIMEOUT: 'ten', SPANRING_EXIT_TIMEOUT: '0' })).toEqual([])
    expect(check({ OTEL_EXPORTER_OTLP_TIMEOUT: '10' }, [])).toEqual([])
    expect(check({ OTEL_EXPORTER_OTLP_TIMEOUT: '10', OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '10000' })).toEqual([])
  })
})
