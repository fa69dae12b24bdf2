// SPDX-License-Identifier: Apache-2.0
// Encoding a batch of 512 spans, ours against the stock serialisers:
// `node benchmarks/dist/esm/micro/encode.js [2.12|3.1] [rounds]`.
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { loadSdk, SDK_LINES } from '../sdk-line.js'
import type { Sdk, SdkLine } from '../sdk-line.js'
import { contenders } from './encode-contenders.js'
import type { Encode, ReadableSpan } from './encode-contenders.js'
import { SHAPES } from './encode-fixtures.js'
import type { Shape } from './encode-fixtures.js'

const SPANS_PER_BATCH = 512
const SEED = 20_261_121
const DEFAULT_ROUNDS = 150
/** Of the rounds of each shape, the part that only warms up. */
const WARM_UP_SHARE = 1 / 3

const line = SDK_LINES.find((known) => known === process.argv[2]) ?? '2.12'
await main(line, Number(process.argv[3] ?? DEFAULT_ROUNDS))

/**
 * All contenders in one process, batch by batch and the order turned round every time, so that what else the machine does
 * falls on all of them. All shapes come up before any is measured: in an application no serialiser sees only one. Each
 * batch is new, made off the clock, as warm in the caches as spans are that have just ended.
 */
async function main(sdkLine: SdkLine, rounds: number): Promise<void> {
  const sdk = await loadSdk(sdkLine)
  const encoders = Object.entries(await contenders(sdkLine))
  const random = seededRandom(SEED)
  const makeSpans = spanMaker(sdk)
  for (const shape of Object.values(SHAPES)) measure(makeSpans, encoders, shape, rounds * WARM_UP_SHARE, random)
  const header = [
    'shape',
    ...encoders.map(([name]) => `${name} ns/span`),
    ...encoders.slice(1).map(([name]) => `× ${name}`),
    'bytes/span',
  ]
  const rows: string[][] = []
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { nanos, bytes } = measure(makeSpans, encoders, shape, rounds, random)
    const ratios = nanos.slice(1).map((other) => figure(other / nanos[0]!))
    rows.push([name, ...nanos.map((value) => count(Math.round(value))), ...ratios, figure(bytes)])
  }
  console.log(`\nspanring, Node ${process.version}, SDK ${sdkLine}, median of ${rounds} batches of ${SPANS_PER_BATCH} spans\n`)
  console.log(markdownTable(header, rows))
}

function measure(
  makeSpans: ReturnType<typeof spanMaker>,
  encoders: readonly [string, Encode][],
  shape: Shape,
  rounds: number,
  random: () => number,
): { nanos: number[]; bytes: number } {
  const samples: number[][] = encoders.map(() => [])
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < encoders.length; turn++) {
      const index = round % 2 === 0 ? turn : encoders.length - 1 - turn
      const spans = makeSpans(shape, random)
      const encode = encoders[index]![1]
      const start = performance.now()
      const body = encode(spans)
      samples[index]!.push(((performance.now() - start) * 1e6) / SPANS_PER_BATCH)
      if (index === 0) bytes = body.length / SPANS_PER_BATCH
    }
  }
  return { nanos: samples.map(median), bytes }
}

/** Makes batches of new spans, all of one provider and one tracer as in an application. */
function spanMaker(sdk: Sdk): (shape: Shape, random: () => number) => ReadableSpan[] {
  let spans: ReadableSpan[] = []
  const done = async (): Promise<void> => {}
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const tracer = sdk.createTracerProvider([collector]).getTracer('spanring-benchmarks', '0.0.0')
  return (shape, random) => {
    spans = []
    for (let i = 0; i < SPANS_PER_BATCH; i++) shape(tracer, sdk, random)
    return spans
  }
}

/** Mulberry32: 32 bits of state are plenty for fixtures. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
