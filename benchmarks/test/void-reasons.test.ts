// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { NOOP, SPANRING, STOCK } from '../src/contender.js'
import type { Pair } from '../src/contender.js'
import type { Run } from '../src/end-to-end/play.js'
import type { Scenario } from '../src/end-to-end/scenario.js'
import { isUnaccounted, voidReasons } from '../src/end-to-end/void-reasons.js'
import { madeUpRun, measured } from './measured.js'

const steady: Scenario = {
  name: 'steady',
  title: '',
  contenders: [],
  rounds: 1,
  load: { kind: 'rate', perSecond: 1, seconds: 1 },
  warmupSeconds: 0,
}
const outage: Scenario = { ...steady, outage: { atSeconds: 1, seconds: 1 } }

function reasons(pair: Pair, scenario: Scenario, counts: Parameters<typeof measured>[0], delivered: number, twice = 0): string[] {
  const received = { received: delivered + twice, delivered: delivered + twice, deliveredTwice: twice, duplicates: twice }
  return voidReasons({ ...pair, sdkLine: '2.12' }, scenario, measured(counts), received)
}

test('a span that is neither at the receiver nor counted voids the run of either pipeline', () => {
  expect(reasons(STOCK, steady, { ended: 100, dropped: 10 }, 90)).toEqual([])
  expect(reasons(STOCK, steady, { ended: 100, dropped: 9 }, 90)).toEqual([expect.stringContaining('1 unexplained')])
  expect(reasons(SPANRING, steady, { ended: 100, exported: 90, dropped: 4, failed: 5 }, 90)).toHaveLength(1)
})

test('in an outage the stock pipeline counts nothing, and ours still must', () => {
  expect(reasons(STOCK, outage, { ended: 100 }, 40)).toEqual([])
  expect(reasons(SPANRING, outage, { ended: 100, exported: 40, failed: 59 }, 40)).toHaveLength(1)
  expect(reasons(SPANRING, outage, { ended: 100, exported: 40, failed: 60 }, 45, 3)).toEqual([])
})

test('what was exported must have arrived, and once', () => {
  expect(reasons(SPANRING, outage, { ended: 100, exported: 100 }, 99)).toEqual([expect.stringContaining('the receiver has 99')])
  expect(reasons(STOCK, steady, { ended: 100 }, 100, 2)).toEqual(['2 spans were received twice'])
})

test('a processor that does nothing must have sent nothing', () => {
  expect(reasons(NOOP, steady, { ended: 100 }, 0)).toEqual([])
  expect(reasons(NOOP, steady, { ended: 100 }, 1)).toHaveLength(1)
})

test('however busy the machine is, ours must know where its spans are', () => {
  const run = (pair: Pair, change: Partial<Run>): Run =>
    madeUpRun({ ...pair, sdkLine: '2.12' }, { voidReasons: ['slow'], ...change })
  const counts = { ended: 100, exported: 90, dropped: 4, failed: 6 }
  // A request that timed out after it had arrived voids a run, and is nothing to fail for.
  expect(isUnaccounted(run(SPANRING, { ...counts, delivered: 93 }))).toBe(false)
  expect(isUnaccounted(run(SPANRING, { ...counts, delivered: 90, failed: 5 }))).toBe(true)
  expect(isUnaccounted(run(SPANRING, { ...counts, delivered: 89 }))).toBe(true)
  expect(isUnaccounted(run(STOCK, { ended: 100, delivered: 40 }))).toBe(false)
  expect(isUnaccounted(run(NOOP, { ended: 100, delivered: 0 }))).toBe(false)
  expect(isUnaccounted(run(NOOP, { ended: 100, delivered: 1 }))).toBe(true)
})
