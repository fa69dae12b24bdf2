// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { NOOP, onEveryLine, SPANRING, STOCK } from '../src/contender.js'
import type { Run } from '../src/end-to-end/play.js'
import type { Scenario } from '../src/end-to-end/scenario.js'
import { quantilesOf } from '../src/quantiles.js'
import { ratiosOf, summarise } from '../src/report/summary.js'
import { measured } from './measured.js'

const spread = { p50: 1, p99: 1, p999: 1, max: 1 }
const scenario: Scenario = {
  name: 'steady',
  title: '',
  contenders: onEveryLine([NOOP, STOCK, SPANRING]),
  rounds: 2,
  load: { kind: 'rate', perSecond: 1, seconds: 1 },
  warmupSeconds: 0,
}

/** Two rounds of every contender; `change` says what is different from a run in which all figures are 1. */
function rounds(change: (run: Run) => Partial<Run>): Run[] {
  return [1, 2].flatMap((round) =>
    scenario.contenders.map((contender) => {
      const received = { delivered: 100, receivedTwice: 0, wireBytesPerSpan: 1, voidReasons: [] }
      const run: Run = { scenario: 'steady', ...contender, round, ...measured(), ...received }
      return { ...run, ...change(run) }
    }),
  )
}

test('a ratio is taken within a round and then over the rounds', () => {
  const runs = rounds(({ processor, round }) => {
    if (processor === 'stock') return { onEndMicros: { ...spread, p999: round * 600 } }
    return processor === 'spanring' ? { onEndMicros: { ...spread, p999: round } } : {}
  })
  const slowest = ratiosOf(scenario, runs).find(({ title }) => title === 'onEnd p99.9')
  expect(slowest?.ratio).toEqual({ median: 600, min: 600, max: 600 })
})

test('against what is not above the floor any ratio holds', () => {
  const runs = rounds(({ processor }) => (processor === 'stock' ? { cpuMicrosPerSpan: 5 } : {}))
  expect(ratiosOf(scenario, runs).find(({ title }) => title === 'CPU time above no-op')?.ratio.median).toBe(Infinity)
})

test('a void run is in no figure and in no ratio', () => {
  const runs = rounds(({ processor, round }) =>
    processor === 'stock' && round === 2 ? { voidReasons: ['lost'], onEndMicros: { ...spread, p50: 99 } } : {},
  )
  const stock = summarise(scenario, runs).find(({ contender }) => contender.processor === 'stock')
  expect(stock).toMatchObject({ valid: 1, runs: 2, ended: 100 })
  expect(stock?.spread('onEndP50').max).toBe(1)
  expect(ratiosOf(scenario, runs)[0]?.ratio.max).toBe(1)
})

test('processor time is what a contender needs above the one that does nothing, in the same round', () => {
  const runs = rounds(({ processor, round }) => ({ cpuMicrosPerSpan: processor === 'noop' ? round : round + 5 }))
  const above = summarise(scenario, runs).map((summary) => summary.spread('cpu').median)
  expect(above).toEqual([0, 5, 5, 0, 5, 5])
})

test('what a pipeline lost and does not count is told apart from what it counts', () => {
  const runs = rounds(({ processor }) => (processor === 'stock' ? { delivered: 60, dropped: 30 } : {}))
  const stock = summarise(scenario, runs).find(({ contender }) => contender.processor === 'stock')
  expect(stock).toMatchObject({ ended: 200, lost: 80, counted: 60 })
})

test('a quantile is a sample, and the highest is the maximum', () => {
  const samples = Float64Array.from({ length: 1000 }, (_, index) => 1000 - index)
  expect(quantilesOf(samples)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 })
  expect(quantilesOf(new Float64Array([7]))).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 })
})
