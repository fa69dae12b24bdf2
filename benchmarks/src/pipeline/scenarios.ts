// SPDX-License-Identifier: Apache-2.0
import type { PairName } from './pair.js'

/** How spans come. */
export type Load =
  | { readonly kind: 'rate'; readonly perSecond: number; readonly seconds: number }
  | { readonly kind: 'bursts'; readonly spans: number; readonly everyMillis: number; readonly seconds: number }

/** One situation that a pipeline may get into, as data that a child process can be given. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly pairs: readonly PairName[]
  readonly rounds: number
  readonly load: Load
  readonly warmupSeconds: number
  readonly maxQueueSize?: number
  /** How long the backend takes to answer. */
  readonly answerMillis?: number
  /** When the backend goes away after the start of the load, and for how long. */
  readonly outage?: { readonly atSeconds: number; readonly seconds: number }
  /** The application ends in the middle of it: by a backend that refuses connections, or that answers 503. */
  readonly endsWith?: 'refused' | 'status 503'
}

const BOTH = ['stock', 'spanring'] as const
const AND_NOOP = ['noop', ...BOTH] as const

export function allScenarios(isQuick: boolean): Scenario[] {
  const seconds = (full: number, quick: number): number => (isQuick ? quick : full)
  const steady = (perSecond: number, length: number): Load => ({ kind: 'rate', perSecond, seconds: length })
  const bursts = (spans: number, everyMillis: number, length: number): Load => ({
    kind: 'bursts',
    spans,
    everyMillis,
    seconds: length,
  })
  const warmupSeconds = seconds(3, 1)
  const rounds = seconds(3, 1)
  return [
    {
      name: 'steady',
      title: '10,000 spans/s, a healthy backend',
      pairs: AND_NOOP,
      rounds,
      load: steady(10_000, seconds(15, 2)),
      warmupSeconds,
    },
    {
      name: 'bursts of 4,000',
      title: '4,000 spans in one synchronous stretch every 200 ms, default options',
      pairs: AND_NOOP,
      rounds,
      load: bursts(4000, 200, seconds(15, 2)),
      warmupSeconds,
    },
    {
      name: 'bursts of 20,000',
      title: '20,000 spans in one synchronous stretch every 2 s, maxQueueSize 2,048',
      pairs: AND_NOOP,
      rounds: 1,
      load: bursts(20_000, 2000, seconds(20, 2)),
      warmupSeconds,
      maxQueueSize: 2048,
    },
    {
      name: 'slow, 10,000/s',
      title: '10,000 spans/s, a backend that answers after 100 ms',
      pairs: BOTH,
      rounds: 1,
      load: steady(10_000, seconds(20, 2)),
      warmupSeconds,
      answerMillis: 100,
    },
    {
      name: 'slow, 50,000/s',
      title: '50,000 spans/s, a backend that answers after 100 ms',
      pairs: BOTH,
      rounds: 1,
      load: steady(50_000, seconds(20, 2)),
      warmupSeconds,
      answerMillis: 100,
    },
    {
      name: 'flush',
      title: 'forceFlush of 32,768 spans in a queue of that size',
      pairs: BOTH,
      rounds,
      load: bursts(32_768, 1, 0.001),
      warmupSeconds: 0,
      maxQueueSize: 32_768,
    },
    {
      name: 'outage',
      title: `10,000 spans/s, the backend gone for ${seconds(60, 4)} s`,
      pairs: ['spanring'],
      rounds: 1,
      load: steady(10_000, seconds(80, 12)),
      warmupSeconds,
      outage: { atSeconds: seconds(5, 1), seconds: seconds(60, 4) },
    },
    ...(['refused', 'status 503'] as const).map((endsWith) => ({
      name: `end, ${endsWith}`,
      title: `forceFlush and shutdown together, ${endsWith === 'refused' ? 'connections refused' : 'a backend that answers 503'}`,
      pairs: BOTH,
      rounds: 1,
      load: steady(1000, 1),
      warmupSeconds: 0,
      endsWith,
    })),
  ]
}
