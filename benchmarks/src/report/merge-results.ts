// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util'
import { isSame, nameOf } from '../contender.js'
import type { Contender } from '../contender.js'
import type { LargestRate } from '../end-to-end/largest-rate.js'
import type { Scenario } from '../end-to-end/scenario.js'
import { allScenarios } from '../end-to-end/scenarios.js'
import type { ApplicationResults, Results } from './results.js'

/**
 * What was measured now, beside what was measured before: only the runs of the same scenario and the same contender are
 * replaced, so that hours of measuring can be done in parts and each contender can have as many rounds as it needs.
 */
export function mergeResults(before: Results, now: Results): Results {
  const known = before.scenarios.filter((scenario) => !isOutdated(scenario, now))
  const isKept = (run: Contender & { readonly scenario: string }): boolean =>
    known.some(({ name }) => name === run.scenario) &&
    !now.runs.some((newer) => newer.scenario === run.scenario && isSame(newer, run))
  const application = mergeApplication(before.application, now.application)
  return {
    environment: hasRuns(now) || !hasRuns(before) ? now.environment : before.environment,
    scenarios: mergeScenarios(known, playedScenarios(now)),
    runs: [...before.runs.filter(isKept), ...now.runs],
    largestRates: mergeLargestRates(before.largestRates, now.largestRates),
    ...(application === undefined ? {} : { application }),
  }
}

/** Beside whole applications, which have an environment of their own. */
function hasRuns({ runs, largestRates }: Results): boolean {
  return runs.length > 0 || largestRates.length > 0
}

/** Played now under another load or before another backend: one table must not mix the two. */
function isOutdated(scenario: Scenario, now: Results): boolean {
  const newer = playedScenarios(now).find(({ name }) => name === scenario.name)
  return newer !== undefined && !isDeepStrictEqual(situationOf(scenario), situationOf(newer))
}

function situationOf(scenario: Scenario): object {
  const { contenders: _contenders, rounds: _rounds, title: _title, ...situation } = scenario
  // As it comes back from a file, without members that are undefined.
  return JSON.parse(JSON.stringify(situation)) as object
}

/** Without those that are still to come. */
function playedScenarios({ scenarios, runs }: Results): readonly Scenario[] {
  return scenarios.filter(({ name }) => runs.some(({ scenario }) => scenario === name))
}

function mergeScenarios(before: readonly Scenario[], now: readonly Scenario[]): Scenario[] {
  const order = allScenarios(false)
  const merged = new Map(before.map((scenario) => [scenario.name, scenario]))
  for (const scenario of now) {
    const others = merged.get(scenario.name)?.contenders.filter((other) => !scenario.contenders.some((one) => isSame(one, other)))
    const listed = order.find(({ name }) => name === scenario.name)?.contenders ?? []
    const contenders = inOrder([...(others ?? []), ...scenario.contenders], listed.map(nameOf), nameOf)
    merged.set(scenario.name, { ...scenario, contenders })
  }
  return inOrder(
    [...merged.values()],
    order.map(({ name }) => name),
    ({ name }) => name,
  )
}

function mergeLargestRates(before: readonly LargestRate[], now: readonly LargestRate[]): LargestRate[] {
  const keyOf = (rate: LargestRate): string => `${rate.answerMillis} ${nameOf(rate)}`
  const merged = new Map([...before, ...now].map((rate) => [keyOf(rate), rate]))
  return [...merged.values()].toSorted((a, b) => a.answerMillis - b.answerMillis)
}

/** By load, each of which is played with and without everything. */
function mergeApplication(before?: ApplicationResults, now?: ApplicationResults): ApplicationResults | undefined {
  if (before === undefined || now === undefined) return now ?? before
  const kept = before.runs.filter(({ load }) => !now.runs.some((newer) => newer.load === load))
  return { environment: now.environment, runs: [...kept, ...now.runs] }
}

/** What is not in the list comes last, in the order that it has. */
function inOrder<T>(items: readonly T[], list: readonly string[], keyOf: (item: T) => string): T[] {
  const place = (item: T): number => (list.includes(keyOf(item)) ? list.indexOf(keyOf(item)) : list.length)
  return items.toSorted((a, b) => place(a) - place(b))
}
