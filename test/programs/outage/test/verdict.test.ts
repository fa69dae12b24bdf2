// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { Kill, RunFigures } from '../src/run-figures.js'
import { faultsOf } from '../src/verdict.js'

const MINUTE = { seconds: 60, rate: 10_000, hasSpool: false }
const TEN_MINUTES = { ...MINUTE, seconds: 600 }
const SPOOL = { ...TEN_MINUTES, hasSpool: true }
const KILL: Kill = { aliveMillis: 1000, missing: 5, missingOld: 0, oldestMillis: 20 }

function run(changes: Partial<RunFigures>): RunFigures {
  return {
    contender: 'ours',
    ended: 1000,
    delivered: 1000,
    twice: 0,
    requestsAgain: 0,
    missingOld: 0,
    missingYoung: 0,
    drainedMillis: 100,
    firstMillis: 10,
    liveBefore: { p50: 1, p99: 2 },
    liveUntilFirst: { p50: 1, p99: 2 },
    liveInDrain: { p50: 1, p99: 2 },
    account: { lost: 0, kept: 0, stats: {} },
    kills: [],
    rssBeforeBytes: 0,
    highestRssBytes: 0,
    highestBufferedBytes: 0,
    spoolLeft: undefined,
    ...changes,
  }
}

const lost = (count: number): Partial<RunFigures> => ({ missingOld: count, account: { lost: count, kept: 0, stats: {} } })

test.each([
  ['everything is delivered', run({}), MINUTE],
  ['memory is full after a longer outage, and what is lost is counted', run(lost(7)), TEN_MINUTES],
  ['a process without a spool is killed', run({ kills: [KILL], missingOld: 7 }), MINUTE],
  ['young spans die with a process', run({ kills: [KILL], missingYoung: 5 }), SPOOL],
  ['a spool keeps spans for the next process', run({ missingOld: 7, account: { lost: 0, kept: 7, stats: {} } }), SPOOL],
  ['one batch comes twice for each kill', run({ kills: [KILL, KILL], twice: 900, requestsAgain: 2 }), SPOOL],
  ['stock loses spans', run({ contender: 'stock', missingOld: 500, twice: 3, requestsAgain: 1, account: undefined }), MINUTE],
])('may be: %s', (_, figures, terms) => {
  expect(faultsOf(figures, terms)).toEqual([])
})

test.each([
  ['a span is lost in a minute', run(lost(1)), MINUTE, '1 spans are missing'],
  ['a span is lost and not counted', run({ ...lost(6), missingOld: 7 }), TEN_MINUTES, '7 spans are missing, and 6 are counted'],
  ['an old span is lost with a spool', run({ kills: [KILL], missingOld: 1 }), SPOOL, '1 spans are missing that were old'],
  ['a span comes twice', run({ twice: 1, requestsAgain: 1 }), SPOOL, '1 spans were delivered twice'],
  ['two batches come twice for one kill', run({ kills: [KILL], twice: 9, requestsAgain: 2 }), SPOOL, '2 batches were delivered'],
])('must not be: %s', (_, figures, terms, fault) => {
  const faults = faultsOf(figures, terms)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toContain(fault)
})
