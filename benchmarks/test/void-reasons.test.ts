// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { Measurement } from '../src/on-end/measure.js'
import { voidReasons } from '../src/on-end/void-reasons.js'

const quantiles = { p50: 1, p99: 1, p999: 1, max: 1 }
const spanring = { processor: 'spanring', sdkLine: '2.12' } as const
const noop = { processor: 'noop', sdkLine: '2.12' } as const

function measured(counts: Partial<Measurement>): Measurement {
  return {
    ended: 100,
    dropped: 0,
    failed: 0,
    timed: 100,
    onEndMicros: quantiles,
    loopDelayMillis: quantiles,
    cpuMicrosPerSpan: 1,
    producedPerSecond: 1,
    timerMicros: quantiles,
    ...counts,
  }
}

function received(delivered: number, more: { duplicates?: number; waiting?: number } = {}): Parameters<typeof voidReasons>[2] {
  return { received: delivered, delivered, duplicates: 0, waiting: 0, ...more }
}

test('a run that delivers or counts every span is believed', () => {
  expect(voidReasons(spanring, measured({}), received(100))).toEqual([])
  expect(voidReasons(spanring, measured({ dropped: 7, failed: 3 }), received(90))).toEqual([])
})

test('a run with one span missing is void and says how many', () => {
  expect(voidReasons(spanring, measured({ dropped: 7 }), received(92))).toEqual([
    'ended 100 ≠ delivered 92 + dropped 7 + failed 0: 1 unexplained',
  ])
})

test('a run that counts a delivered span as lost is void', () => {
  expect(voidReasons(spanring, measured({ failed: 3 }), received(100))).toHaveLength(1)
})

test('a run is void when a span came twice, although the sum is right', () => {
  expect(voidReasons(spanring, measured({ dropped: 1 }), received(99, { duplicates: 1 }))).toEqual([
    '1 spans were received twice',
  ])
})

test('a processor that does nothing delivers nothing', () => {
  expect(voidReasons(noop, measured({}), received(0))).toEqual([])
  expect(voidReasons(noop, measured({}), received(1))).toHaveLength(1)
})
