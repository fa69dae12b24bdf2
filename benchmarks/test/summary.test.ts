// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { NOOP, nameOf, onEveryLine, OURS, pairName, SPANRING, SPANRING_THREAD, STOCK } from '../src/contender.js'
import type { Run } from '../src/end-to-end/play.js'
import type { Scenario } from '../src/end-to-end/scenario.js'
import { quantilesOf } from '../src/quantiles.js'
import { renderHeadline } from '../src/report/headline.js'
import { ratiosOf, summarise } from '../src/report/summary.js'
import { renderTables } from '../src/report/tables.js'
import { threadCostsOf } from '../src/report/thread-costs.js'
import { environment, madeUpRun } from './measured.js'

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
      const run = madeUpRun(contender, { round })
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

test('a round in which a contender has no peer is in its own figures and in no ratio', () => {
  const runs = rounds(({ processor, round }) => ({ cpuMicrosPerSpan: { noop: 1, stock: 7, spanring: 3 }[processor] * round }))
  // A third round of ours without either, and a fourth without the floor.
  const more = onEveryLine([SPANRING, STOCK])
    .flatMap((contender) => [3, 4].map((round) => madeUpRun(contender, { round, cpuMicrosPerSpan: round * 100 })))
    .filter(({ processor, round }) => processor === 'spanring' || round === 4)
  const all = [...runs, ...more]
  const ratios = ratiosOf(scenario, all)
  const of = (wanted: string) => ratios.find(({ title, sdkLine }) => title === wanted && sdkLine === '2.12')
  // (7 - 1) / (3 - 1) in both rounds that have all three; without a floor, nothing is known.
  expect(of('CPU time above no-op')).toMatchObject({ ratio: { median: 3, min: 3, max: 3 }, rounds: 2 })
  expect(of('onEnd p50')).toMatchObject({ ratio: { median: 1 }, rounds: 3 })
  const ours = summarise(scenario, all).find(({ contender }) => contender.processor === 'spanring')
  expect(ours).toMatchObject({ runs: 4, ended: 400 })
  expect(ours?.spread('cpu')).toEqual({ median: 3, min: 2, max: 4 })
})

test('tables say how many rounds each row is made of', () => {
  const named = { ...scenario, name: 'steady 10k' }
  const all = rounds(() => ({ scenario: 'steady 10k' }))
  // One round of stock less, and one of ours void.
  const runs = all
    .filter(({ processor, round }) => processor !== 'stock' || round === 1)
    .map((run) => (run.processor === 'spanring' && run.round === 2 ? { ...run, voidReasons: ['lost'] } : run))
  const results = { environment, scenarios: [named], runs, largestRates: [] }
  const tables = renderTables(results)
  expect(tables).toMatch(/\| no-op · SDK 2\.12 +\| +2 \| +200 \|/)
  expect(tables).toMatch(/\| stock protobuf · SDK 2\.12 +\| +1 \| +100 \|/)
  expect(tables).toMatch(/\| spanring · SDK 2\.12 +\| +1 \| +100 \|/)
  expect(tables).toContain('1 of 2 runs void')
  expect(tables).toMatch(/onEnd p50: stock \/ spanring = 1\.00 \(1\.00–1\.00; 1 round\)/)
  expect(tables).toContain('1.00: holds')
  expect(renderTables(results, { judges: false })).not.toContain('target')
  expect(renderHeadline(results)).toContain('medians of 1 interleaved run of')
  expect(renderHeadline({ ...results, runs: all.filter((run) => run.processor === 'stock' || run.round === 1) })).toContain(
    'medians of 1 to 2 interleaved runs',
  )
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

test('what the export thread costs is compared within a round, and idle it is memory alone', () => {
  const contenders = onEveryLine([NOOP, STOCK, ...OURS])
  const costs = (name: string) => {
    const runs = [1, 2].flatMap((round) =>
      contenders.map((contender) => {
        const isThread = nameOf(contender).startsWith(pairName(SPANRING_THREAD))
        const floor = contender.processor === 'noop' ? 0 : 4
        return madeUpRun(contender, {
          scenario: name,
          round,
          cpuMicrosPerSpan: round + floor * (isThread ? 1.5 : 1),
          loopDelayMillis: { ...spread, p99: isThread ? round + 0.25 : round },
          rssBytes: (round + (isThread ? 20 : 0)) * 2 ** 20,
        })
      }),
    )
    const known = threadCostsOf({ ...scenario, name, contenders }, runs).filter(({ sdkLine }) => sdkLine === '2.12')
    return known.map(({ title, cost, rounds: compared, limit }) => [title, cost.min, cost.max, compared, limit])
  }
  const rss = 'RSS: spanring, export thread − spanring'
  expect(costs('steady')).toEqual([
    ['CPU time above no-op: spanring, export thread / spanring', 1.5, 1.5, 2, 1.2],
    ['event-loop delay p99: spanring, export thread − no-op', 0.25, 0.25, 2, 0.3],
    [rss, 20, 20, 2, 40],
  ])
  expect(costs('idle')).toEqual([[rss, 20, 20, 2, 15]])
})

test('where the kernel does not tell the time of a thread there is no column and no ratio of it', () => {
  const named = { ...scenario, name: 'steady 10k' }
  const render = (change: Partial<Run>): string => {
    const runs = rounds(() => ({ scenario: 'steady 10k', ...change }))
    const results = { environment, scenarios: [named], runs, largestRates: [] }
    return renderTables(results) + renderHeadline(results)
  }
  expect(render({}).match(/main.thread/gi)).toHaveLength(4)
  expect(render({ mainThreadMicrosPerSpan: undefined })).not.toMatch(/main.thread/i)
})
