// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { CONTENDERS } from '../src/on-end/contender.js'
import type { Run } from '../src/on-end/play-rounds.js'
import { ratiosOf, summarise } from '../src/on-end/summary.js'
import { quantilesOf } from '../src/quantiles.js'

const spread = { p50: 1, p99: 1, p999: 1, max: 1 }

/** Two rounds of every contender; `change` says what is different from a run in which all figures are 1. */
function rounds(change: (run: Run) => Partial<Run>): Run[] {
  return [1, 2].flatMap((round) =>
    CONTENDERS.map((contender) => {
      const run: Run = {
        ...contender,
        round,
        ended: 10,
        delivered: 10,
        dropped: 0,
        failed: 0,
        timed: 10,
        onEndMicros: spread,
        loopDelayMillis: spread,
        cpuMicrosPerSpan: 1,
        producedPerSecond: 1,
        timerMicros: spread,
        voidReasons: [],
      }
      return { ...run, ...change(run) }
    }),
  )
}

test('a ratio is taken within a round and then over the rounds', () => {
  const runs = rounds(({ processor, round }) => {
    if (processor === 'stock') return { onEndMicros: { ...spread, p999: round * 600 } }
    return processor === 'spanring' ? { onEndMicros: { ...spread, p999: round } } : {}
  })
  const [ratio] = ratiosOf(runs).filter(({ quantile }) => quantile === 'p999')
  expect(ratio?.ratio).toEqual({ median: 600, min: 600, max: 600 })
})

test('a void run is in no figure and in no ratio', () => {
  const runs = rounds(({ processor, round }) =>
    processor === 'stock' && round === 2 ? { voidReasons: ['lost'], onEndMicros: { ...spread, p50: 99 } } : {},
  )
  const stock = summarise(runs).find(({ processor }) => processor === 'stock')
  expect(stock).toMatchObject({ valid: 1, runs: 2, ended: 10, figures: { onEndP50: { max: 1 } } })
  expect(ratiosOf(runs)[0]?.ratio.max).toBe(1)
})

test('processor time is what a contender needs above the one that does nothing, in the same round', () => {
  const runs = rounds(({ processor, round }) => ({ cpuMicrosPerSpan: processor === 'noop' ? round : round + 5 }))
  expect(summarise(runs).map(({ figures }) => figures.cpuAboveNoop.median)).toEqual([0, 5, 5, 0, 5, 5])
})

test('a quantile is a sample, and the highest is the maximum', () => {
  const samples = Float64Array.from({ length: 1000 }, (_, index) => 1000 - index)
  expect(quantilesOf(samples)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 })
  expect(quantilesOf(new Float64Array([7]))).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 })
})
