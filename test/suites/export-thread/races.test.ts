// SPDX-License-Identifier: Apache-2.0
import { MessageChannel } from 'node:worker_threads'
import { seedFromEnvironment } from '@spanring/test-kit/random'
import { afterAll, expect, test } from 'vitest'
import { controlBlock, runThreads } from './pump.js'

/*
 * What two threads that meet at the same words may see, in the style of jcstress: each race is run very often, and every
 * outcome is counted. One that is not allowed fails. One that is allowed and never seen fails nothing.
 */

interface Race {
  readonly name: string
  readonly application: string
  readonly thread: string
  /** What the numbers mean that each side gives; see fixtures/race.mjs. */
  readonly seen: { readonly application: readonly string[]; readonly thread: readonly string[] }
  /** Pairs of them. */
  readonly allowed: readonly (readonly [application: string, thread: string])[]
}

/** How long each race is run, in milliseconds, and how often at most. */
const LIMITS = { millis: Number(process.env['RACE_MILLIS'] ?? 600), maxRounds: 1_000_000 }
/** How many rounds are run between two meetings. */
const PLACES = 250
const SLABS = 4

const WAKE_UP = {
  seen: { application: ['does not wake', 'wakes'], thread: ['does not see it', 'takes it'] },
  // What is forbidden is a lost wake-up: does not wake, does not see it.
  allowed: [
    ['wakes', 'does not see it'],
    ['wakes', 'takes it'],
    ['does not wake', 'takes it'],
  ],
} as const

const RACES: readonly Race[] = [
  { name: 'empty ring', application: 'offers', thread: 'takes once', ...WAKE_UP },
  { name: 'last number', application: 'offers another one', thread: 'takes until empty', ...WAKE_UP },
  {
    name: 'full ring',
    application: 'offers',
    thread: 'takes one',
    seen: { application: ['is refused', 'is accepted'], thread: ['the oldest', 'another one'] },
    allowed: [
      ['is refused', 'the oldest'],
      ['is accepted', 'the oldest'],
    ],
  },
  {
    name: 'blocked consumer',
    application: 'blocks and takes until it has both',
    thread: 'twice gives back and notifies',
    seen: { application: ['sleeps on', 'wakes once for nothing', 'takes both', 'takes another one'], thread: ['-'] },
    // For nothing: it has the first one, and then comes its notification.
    allowed: [
      ['wakes once for nothing', '-'],
      ['takes both', '-'],
    ],
  },
  {
    name: 'hand-over',
    application: 'fills a slab and offers',
    thread: 'takes and reads',
    seen: { application: ['-'], thread: ['nothing', 'a whole slab', 'a torn slab'] },
    allowed: [
      ['-', 'nothing'],
      ['-', 'a whole slab'],
    ],
  },
  {
    name: 'reuse',
    application: 'fills what it gets back',
    thread: 'reads a slab and gives it back',
    seen: { application: ['gets nothing', 'fills it'], thread: ['a whole slab', 'a torn slab'] },
    allowed: [
      ['gets nothing', 'a whole slab'],
      ['fills it', 'a whole slab'],
    ],
  },
  {
    name: 'owner',
    application: 'looks: is it sent, and who owns it?',
    thread: 'sets IN_REQUEST, then sends',
    seen: { application: ['THREAD, not sent', 'THREAD, sent', 'IN_REQUEST, not sent', 'IN_REQUEST, sent'], thread: ['-'] },
    // THREAD, sent: the batch would be sent again.
    allowed: [
      ['THREAD, not sent', '-'],
      ['IN_REQUEST, not sent', '-'],
      ['IN_REQUEST, sent', '-'],
    ],
  },
  {
    name: 'message',
    application: 'takes a slab and receives at once',
    thread: 'posts, then gives the slab back',
    seen: { application: ['gets nothing', 'gets both', 'gets no message'], thread: ['-'] },
    allowed: [
      ['gets nothing', '-'],
      ['gets both', '-'],
    ],
  },
]

const seed = seedFromEnvironment()
const table: string[] = []
afterAll(() => console.log([`SEED=${seed}`, ...table].join('\n')))

test.each(RACES)('$name: the application $application | the thread $thread', async (race) => {
  const counts = await outcomesOf(race)
  table.push(`${race.name}: the application ${race.application} | the thread ${race.thread}`)
  const forbidden: string[] = []
  for (const application of race.seen.application) {
    for (const thread of race.seen.thread) {
      const outcome = `${application} | ${thread}`
      const count = counts.get(outcome) ?? 0
      const isAllowed = race.allowed.some(([first, second]) => first === application && second === thread)
      table.push(`  ${String(count).padStart(8)}  ${isAllowed ? 'allowed  ' : 'forbidden'}  ${outcome}`)
      if (!isAllowed && count > 0) forbidden.push(`${count} × ${outcome}`)
      counts.delete(outcome)
    }
  }
  expect(forbidden).toEqual([])
  expect([...counts]).toEqual([])
})

/** How often the two saw what. */
async function outcomesOf({ name, seen }: Race): Promise<Map<string, number>> {
  const results = new SharedArrayBuffer(8 * LIMITS.maxRounds)
  const { port1, port2 } = new MessageChannel()
  const places = Array.from({ length: PLACES }, () => ({
    memory: controlBlock(SLABS),
    slabMemory: new SharedArrayBuffer(4096),
  }))
  const both = { race: name, ...LIMITS, places, slabCount: SLABS, gate: new SharedArrayBuffer(4096), seen: results }
  const [rounds = 0] = await runThreads<number>('race.mjs', [
    { workerData: { ...both, side: 'application', port: port1, seed }, transferList: [port1] },
    { workerData: { ...both, side: 'thread', port: port2, seed: seed + 1 }, transferList: [port2] },
  ])
  const pairs = new Int32Array(results, 0, 2 * rounds)
  const counts = new Map<string, number>()
  for (let i = 0; i < pairs.length; i += 2) {
    const outcome = `${seen.application[pairs[i] ?? 0]} | ${seen.thread[pairs[i + 1] ?? 0]}`
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}
