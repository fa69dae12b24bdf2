// SPDX-License-Identifier: Apache-2.0
import { onOneLine, OURS, SPANRING, STOCK } from '../contender.js'
import type { Contender } from '../contender.js'
import { playOnce } from './play.js'
import type { Run } from './play.js'
import type { Scenario } from './scenario.js'

export interface LargestRate extends Contender {
  readonly answerMillis: number
  /** Spans per second; the largest that was tried and lost nothing. 0 if even the first lost some. */
  readonly perSecond: number
  /** The smallest that was tried and lost some, or that the machine could not make; undefined if none was. */
  readonly failedAt: number | undefined
  /** What came first: spans were lost, or the machine could not make so many. */
  readonly limitedBy: 'loss' | 'load'
}

/** Whose limit is worth the minutes that it takes to find. */
export function rateContenders(isQuick: boolean): Contender[] {
  return onOneLine(isQuick ? [STOCK, SPANRING] : [STOCK, ...OURS])
}

export interface Search {
  readonly firstRate: number
  /** Beyond this nobody needs to know. */
  readonly lastRate: number
  /** What the rate is multiplied with until one does not hold. */
  readonly factor: number
  /** How often the interval in between is halved. */
  readonly stepsBetween: number
  /** Of each try. */
  readonly seconds: number
  readonly settleMillis?: number
}

const WHOLE_SEARCH: Search = { firstRate: 2000, lastRate: 512_000, factor: 2, stepsBetween: 3, seconds: 5 }
const QUICK_SEARCH: Search = { firstRate: 4000, lastRate: 64_000, factor: 4, stepsBetween: 1, seconds: 0.5, settleMillis: 100 }

export function searchOf(isQuick: boolean): Search {
  return isQuick ? QUICK_SEARCH : WHOLE_SEARCH
}

/** A machine that makes less than this share of what was asked is at its end; the contender may not be. */
const LEAST_SHARE = 0.95

/** Multiplies the rate until something is lost, then halves the interval in between, each try in a process of its own. */
export async function findLargestRate(
  contender: Contender,
  answerMillis: number,
  { firstRate, lastRate, factor, stepsBetween, seconds, settleMillis }: Search,
  onTry: (run: Run, perSecond: number, holds: boolean) => void,
): Promise<LargestRate> {
  const found: { good: number; bad: number | undefined; limitedBy: LargestRate['limitedBy'] } = {
    good: 0,
    bad: undefined,
    limitedBy: 'loss',
  }
  const holds = async (perSecond: number): Promise<boolean> => {
    const scenario: Scenario = {
      name: 'largest rate',
      title: '',
      contenders: [contender],
      rounds: 1,
      load: { kind: 'rate', perSecond, seconds },
      warmupSeconds: Math.min(2, seconds / 2),
      answerMillis,
      ...(settleMillis === undefined ? {} : { settleMillis }),
    }
    const run = await playOnce(scenario, contender, 1)
    const isMade = run.producedPerSecond >= perSecond * LEAST_SHARE
    const isKept = run.delivered === run.ended
    if (isMade && isKept) found.good = perSecond
    else {
      found.bad = perSecond
      found.limitedBy = isKept ? 'load' : 'loss'
    }
    onTry(run, perSecond, isMade && isKept)
    return isMade && isKept
  }
  let rate = firstRate
  // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
  while (rate <= lastRate && (await holds(rate))) rate *= factor
  for (let step = 0; step < stepsBetween && found.bad !== undefined; step++) {
    // oxlint-disable-next-line no-await-in-loop -- two at the same time would measure each other
    await holds(Math.round((found.good + found.bad) / 2))
  }
  return { ...contender, answerMillis, perSecond: found.good, failedAt: found.bad, limitedBy: found.limitedBy }
}
