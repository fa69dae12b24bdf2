// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { AppRun } from '../src/application/play-application.js'
import { ALL_PAIRS, NOOP, nameOf, onEveryLine, onOneLine, OURS, SPANRING, STOCK } from '../src/contender.js'
import type { Contender } from '../src/contender.js'
import { parseArguments } from '../src/end-to-end/arguments.js'
import type { LargestRate } from '../src/end-to-end/largest-rate.js'
import type { Scenario } from '../src/end-to-end/scenario.js'
import { allScenarios } from '../src/end-to-end/scenarios.js'
import { mergeResults } from '../src/report/merge-results.js'
import type { Results } from '../src/report/results.js'
import { environment, madeUpAppRun, madeUpRun } from './measured.js'

const [grpc] = onOneLine(ALL_PAIRS.filter(({ exporter }) => exporter === 'stock gRPC')) as [Contender]
const [stock, spanring] = onOneLine([STOCK, SPANRING]) as [Contender, Contender]

/** `rounds` of each of the contenders; every figure of a run is `figure`, by which a test knows it again. */
function played(
  name: string,
  contenders: readonly Contender[],
  rounds: number,
  figure: number,
  change?: Partial<Scenario>,
): Results {
  const scenario: Scenario = { ...allScenarios(false).find((known) => known.name === name)!, contenders, rounds, ...change }
  const runs = Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    contenders.map((contender) => madeUpRun(contender, { scenario: name, round, endMillis: figure })),
  )
  return { environment, scenarios: [scenario], runs, largestRates: [] }
}

function roundsByContender({ runs }: Results, scenario: string): Record<string, [rounds: number, figure: number]> {
  const result: Record<string, [number, number]> = {}
  for (const run of runs) {
    if (run.scenario === scenario) result[nameOf(run)] = [(result[nameOf(run)]?.[0] ?? 0) + 1, run.endMillis]
  }
  return result
}

test('only the runs of the same scenario and the same contender are replaced', () => {
  const before = mergeResults(played('steady 10k', [stock, grpc], 3, 1), played('outage', [stock], 1, 1))
  const merged = mergeResults(before, played('steady 10k', [stock, spanring], 10, 2))
  expect(roundsByContender(merged, 'steady 10k')).toEqual({
    [nameOf(grpc)]: [3, 1],
    [nameOf(stock)]: [10, 2],
    [nameOf(spanring)]: [10, 2],
  })
  expect(roundsByContender(merged, 'outage')).toEqual({ [nameOf(stock)]: [1, 1] })
})

test('a scenario keeps the contenders of both, and all stands in the order of the list of scenarios', () => {
  const some = onEveryLine([SPANRING, NOOP])
  const before = mergeResults(played('outage', [spanring], 1, 1), played('steady 10k', some, 3, 1))
  const { scenarios } = mergeResults(before, played('steady 10k', [grpc, stock], 1, 2))
  expect(scenarios.map(({ name }) => name)).toEqual(['steady 10k', 'outage'])
  const wanted = onEveryLine(ALL_PAIRS).map(nameOf)
  const names = scenarios.slice(0, 1).flatMap(({ contenders }) => contenders.map(nameOf))
  expect(names).toEqual(wanted.filter((name) => names.includes(name)))
  expect(names).toHaveLength(6)
})

test('what was played under another load does not stay in the same table', () => {
  const load = { kind: 'rate', perSecond: 10_000, seconds: 1 } as const
  const merged = mergeResults(played('steady 10k', [grpc], 3, 1, { load }), played('steady 10k', [stock], 1, 2))
  expect(roundsByContender(merged, 'steady 10k')).toEqual({ [nameOf(stock)]: [1, 2] })
  expect(merged.scenarios.flatMap(({ contenders }) => contenders)).toEqual([stock])
})

test('a scenario that is still to come takes nothing away', () => {
  const before = played('outage', [stock], 1, 1)
  const now = played('outage', [stock, spanring], 1, 2)
  expect(mergeResults(before, { ...now, runs: [] })).toMatchObject({ scenarios: before.scenarios, runs: before.runs })
})

test('a largest rate replaces that of the same contender before the same backend', () => {
  const rate = (contender: Contender, answerMillis: number, perSecond: number): LargestRate => ({
    ...contender,
    answerMillis,
    perSecond,
    failedAt: undefined,
    limitedBy: 'loss',
  })
  const results = (largestRates: LargestRate[]): Results => ({ environment, scenarios: [], runs: [], largestRates })
  const before = results([rate(stock, 0, 1), rate(spanring, 0, 1), rate(stock, 100, 1)])
  const { largestRates } = mergeResults(before, results([rate(spanring, 0, 2), rate(spanring, 100, 2)]))
  expect(largestRates.map((found) => [found.processor, found.answerMillis, found.perSecond])).toEqual([
    ['stock', 0, 1],
    ['spanring', 0, 2],
    ['stock', 100, 1],
    ['spanring', 100, 2],
  ])
})

test('whole applications are kept by other measurements, and replaced load by load', () => {
  const application = (...runs: AppRun[]): Results => ({
    environment: { ...environment, command: 'npm run bench:app' },
    scenarios: [],
    runs: [],
    largestRates: [],
    application: { environment, runs },
  })
  const both = application(madeUpAppRun('fixed', 'stock', { round: 1 }), madeUpAppRun('saturating', 'stock', { round: 1 }))
  const first = mergeResults(both, played('outage', [stock], 1, 1))
  expect(first.application).toEqual(both.application)
  const merged = mergeResults(first, application(madeUpAppRun('fixed', 'stock', { round: 2 })))
  expect(merged.runs).toEqual(first.runs)
  expect(merged.environment.command).toBe('npm run bench')
  expect(merged.application?.runs.map(({ load, round }) => [load, round])).toEqual([
    ['saturating', 1],
    ['fixed', 2],
  ])
})

test('only the contenders that are asked for are played, and only scenarios that have some', () => {
  const headline = parseArguments(['--contenders', '^(no-op|stock protobuf|spanring) · ', 'steady 10k'])
  expect(headline?.scenarios.map(({ contenders }) => contenders)).toEqual([onEveryLine([NOOP, STOCK, SPANRING])])
  const grpcOnly = parseArguments(['--contenders', 'gRPC'])
  expect(grpcOnly?.scenarios.map(({ name }) => name)).toEqual(['steady 10k'])
  expect(grpcOnly?.rateContenders).toEqual([])
  expect(parseArguments(['--contenders', '^spanring', 'largest'])?.rateContenders).toEqual(onOneLine(OURS))
  expect(() => parseArguments(['--contenders', 'gRPC', 'outage'])).toThrow(/no contender .* gRPC/)
})

test('what was measured in a hurry does not replace a result', () => {
  expect(() => parseArguments(['--quick', '--save'])).toThrow(/--save/)
})
