// SPDX-License-Identifier: Apache-2.0
import type { SdkLine } from '@spanring/sdk-lines'
import { NOOP, pairName, SPANRING, SPANRING_THREAD } from '../contender.js'
import type { Pair } from '../contender.js'
import type { Run } from '../end-to-end/play.js'
import type { Scenario } from '../end-to-end/scenario.js'
import { compareRounds, FIGURES, ratioOf, spread, valueOf } from './summary.js'
import type { FigureName, Spread } from './summary.js'

/** What the export thread costs more than something else does, in the same round. */
export interface ThreadCost {
  readonly title: string
  readonly sdkLine: SdkLine
  readonly cost: Spread
  readonly unit: string
  readonly rounds: number
  /** The most that is promised. */
  readonly limit: number
}

interface Comparison {
  readonly name: FigureName
  readonly title: string
  readonly against: Pair
  readonly by: 'ratio' | 'difference'
  readonly unit: string
  readonly limit: number
  /** The limit where hardly any span comes. */
  readonly idleLimit?: number
}

const COMPARISONS: readonly Comparison[] = [
  { name: 'cpu', title: 'CPU time above no-op', against: SPANRING, by: 'ratio', unit: '', limit: 1.2 },
  { name: 'loopP99', title: 'event-loop delay p99', against: NOOP, by: 'difference', unit: ' ms', limit: 0.3 },
  { name: 'rss', title: 'RSS', against: SPANRING, by: 'difference', unit: ' MiB', limit: 40, idleLimit: 15 },
]

/** Nothing for a scenario without the export thread. While hardly any span comes, only memory is compared. */
export function threadCostsOf(scenario: Scenario, runs: readonly Run[]): ThreadCost[] {
  const played = runs.filter((run) => run.scenario === scenario.name)
  const isIdle = scenario.name === 'idle'
  const wanted = scenario.contenders.filter((contender) => pairName(contender) === pairName(SPANRING_THREAD))
  return wanted.flatMap((contender) =>
    COMPARISONS.filter(({ idleLimit }) => !isIdle || idleLimit !== undefined).map((comparison) => {
      const { name, title, against, by, unit, limit, idleLimit = limit } = comparison
      const { sdkLine } = contender
      const costs = compareRounds(played, contender, { ...against, sdkLine }, (run, other) => {
        const [own, others] = [valueOf(played, run, FIGURES[name]), valueOf(played, other, FIGURES[name])]
        return by === 'ratio' ? ratioOf(own, others) : own - others
      })
      const rounds = costs.filter((cost) => !Number.isNaN(cost)).length
      const sign = by === 'ratio' ? '/' : '−'
      return {
        title: `${title}: ${pairName(contender)} ${sign} ${pairName(against)}`,
        sdkLine,
        cost: spread(costs),
        unit,
        rounds,
        limit: isIdle ? idleLimit : limit,
      }
    }),
  )
}
