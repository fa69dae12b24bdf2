// SPDX-License-Identifier: Apache-2.0
import { ALL_PAIRS, NOOP, onEveryLine, onOneLine, OURS, pairName, SPANRING_THREAD, STOCK } from '../contender.js'
import type { CurveName, Load, Scenario } from './scenario.js'

const PIPELINES = onOneLine([STOCK, ...OURS])
const WITH_FLOOR = onOneLine([NOOP, STOCK, ...OURS])
/** Where a look has the export thread too: an ordinary load, one that fills the queue, a backend that goes away, an end. */
const LOOKS_WITH_THREAD = ['steady 10k', 'bursts of 4,000', 'outage', 'end, healthy']

/** Shorter everything, for a look: no figure of it is worth anything. */
export function allScenarios(isQuick: boolean): Scenario[] {
  const all = [...everyday(isQuick), ...trouble(isQuick), ...ends(isQuick), ...growth(isQuick)]
  return isQuick ? all.map(shorten) : all
}

function shorten(scenario: Scenario): Scenario {
  const hasThread = LOOKS_WITH_THREAD.includes(scenario.name)
  const contenders = scenario.contenders.filter((contender) => hasThread || pairName(contender) !== pairName(SPANRING_THREAD))
  return { ...scenario, contenders, settleMillis: 100 }
}

function everyday(isQuick: boolean): Scenario[] {
  const seconds = isQuick ? 1 : 15
  const rounds = isQuick ? 1 : 10
  const warmupSeconds = isQuick ? 0.5 : 3
  const main: Scenario = {
    name: 'steady 10k',
    title: '10,000 spans/s, a healthy backend',
    contenders: onEveryLine(isQuick ? [NOOP, STOCK, ...OURS] : ALL_PAIRS),
    rounds,
    load: steady(10_000, seconds),
    warmupSeconds,
  }
  const others = [1000, 50_000, 100_000].map((perSecond): Scenario => ({
    ...main,
    name: `steady ${perSecond / 1000}k`,
    title: `${perSecond.toLocaleString('en-US')} spans/s, a healthy backend`,
    contenders: WITH_FLOOR,
    rounds: Math.ceil(rounds / 3),
    load: steady(perSecond, seconds),
  }))
  const idle: Scenario = {
    ...main,
    name: 'idle',
    title: '1 span/s, a healthy backend',
    contenders: WITH_FLOOR,
    rounds: Math.ceil(rounds / 3),
    load: steady(1, seconds),
  }
  return isQuick ? [main] : [main, ...others, idle]
}

function trouble(isQuick: boolean): Scenario[] {
  const seconds = isQuick ? 1 : 15
  const rounds = isQuick ? 1 : 3
  const warmupSeconds = isQuick ? 0.5 : 3
  // Nothing is wrong with the processor that does nothing, and no figure of a look needs its floor.
  const withFloor = isQuick ? PIPELINES : WITH_FLOOR
  const slow = [
    [20, 10_000],
    [100, 10_000],
    [100, 50_000],
  ] as const
  return [
    {
      name: 'bursts of 4,000',
      title: '4,000 spans in one synchronous stretch every 200 ms',
      contenders: withFloor,
      rounds,
      load: bursts(4000, 200, seconds),
      warmupSeconds,
    },
    {
      name: 'bursts of 20,000',
      title: '20,000 spans in one synchronous stretch every 2 s',
      contenders: withFloor,
      rounds: 1,
      load: bursts(20_000, 2000, isQuick ? 2 : 20),
      warmupSeconds,
    },
    ...slow.map(([answerMillis, perSecond]) => ({
      name: `slow ${answerMillis} ms, ${perSecond / 1000}k`,
      title: `${perSecond.toLocaleString('en-US')} spans/s, a backend that answers after ${answerMillis} ms`,
      contenders: PIPELINES,
      rounds: 1,
      load: steady(perSecond, isQuick ? 1 : 20),
      warmupSeconds,
      answerMillis,
    })),
    {
      name: 'outage',
      title: `10,000 spans/s, the backend gone for ${isQuick ? 1 : 60} s`,
      contenders: PIPELINES,
      rounds: 1,
      load: steady(10_000, isQuick ? 3 : 80),
      warmupSeconds,
      outage: { atSeconds: isQuick ? 0.5 : 5, seconds: isQuick ? 1 : 60 },
    },
  ]
}

function ends(isQuick: boolean): Scenario[] {
  const common = { contenders: PIPELINES, rounds: isQuick ? 1 : 3, warmupSeconds: 0 }
  return [
    {
      ...common,
      name: 'flush',
      title: 'forceFlush of 32,768 spans in a queue of that size',
      load: bursts(32_768, 1, 0.001),
      maxQueueSize: 32_768,
    },
    ...(['healthy', 'refused', 'status 503', 'silent'] as const).map((endsBefore) => ({
      ...common,
      rounds: 1,
      name: `end, ${endsBefore}`,
      title: `forceFlush and shutdown together with 2,000 spans queued, ${WHAT_BACKEND[endsBefore]}`,
      load: bursts(2000, 1, 0.001),
      endsBefore,
      // Ten seconds of retries, four times over, would be a third of all the time.
      ...(isQuick ? { exporterTimeoutMillis: 1000 } : {}),
    })),
  ]
}

const WHAT_BACKEND = {
  healthy: 'a healthy backend',
  refused: 'connections refused',
  'status 503': 'a backend that answers 503',
  silent: 'a backend that never answers',
} as const

/** How each cost grows with one thing at a time, from what `steady 10k` has. */
function growth(isQuick: boolean): Scenario[] {
  const warmupSeconds = isQuick ? 0.3 : 2
  const seconds = isQuick ? 0.7 : 6
  const point = (curve: CurveName, x: number, change: Partial<Scenario>): Scenario => ({
    name: `growth: ${curve}, ${x}`,
    title: `${curve}: ${x.toLocaleString('en-US')}`,
    contenders: isQuick ? PIPELINES : WITH_FLOOR,
    rounds: 1,
    load: steady(10_000, seconds),
    warmupSeconds,
    point: { curve, x },
    ...change,
  })
  const some = <T>(values: readonly T[]): readonly T[] => (isQuick ? values.slice(0, 1) : values)
  return [
    ...some([1000, 5000, 10_000, 20_000, 40_000]).map((x) => point('spans per second', x, { load: steady(x, seconds) })),
    ...some([1, 8, 32, 64, 128]).map((x) =>
      point('attributes per span', x, { attributesPerSpan: x, load: steady(4000, seconds) }),
    ),
    // A burst as large as the queue: at a steady rate the size makes no difference.
    ...some([2048, 8192, 16_384, 65_536]).map((x) =>
      point('queue size', x, { maxQueueSize: x, load: bursts(x, 2000, seconds), contenders: PIPELINES }),
    ),
    ...some([0, 20, 50, 100, 200]).map((x) => point('backend latency, ms', x, { answerMillis: x, contenders: PIPELINES })),
  ]
}

function steady(perSecond: number, seconds: number): Load {
  return { kind: 'rate', perSecond, seconds }
}

function bursts(spans: number, everyMillis: number, seconds: number): Load {
  return { kind: 'bursts', spans, everyMillis, seconds }
}
