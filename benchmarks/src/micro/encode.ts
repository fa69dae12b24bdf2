// SPDX-License-Identifier: Apache-2.0
// Encoding batches, ours against the stock serialisers: `npm run bench:encode -- [2.12|3.1] [rounds] [spans in a batch]`.
import { gzipSync } from 'node:zlib'
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { loadSdk, SDK_LINES } from '../sdk-line.js'
import type { Sdk, SdkLine } from '../sdk-line.js'
import { contenders } from './encode-contenders.js'
import type { Encode, ReadableSpan } from './encode-contenders.js'
import { SHAPES } from './encode-fixtures.js'
import type { Shape } from './encode-fixtures.js'

const DEFAULT_SPANS = 512
const SEED = 20_261_121
const DEFAULT_ROUNDS = 150
/** Of the rounds of each shape, the part that only warms up. */
const WARM_UP_SHARE = 1 / 3
/** It costs as much as all encoding together, and is the same for every contender. */
const GZIP_EVERY = 10

const line = SDK_LINES.find((known) => known === process.argv[2]) ?? '2.12'
await main(line, Number(process.argv[3] ?? DEFAULT_ROUNDS), Number(process.argv[4] ?? DEFAULT_SPANS))

/**
 * All contenders in one process, batch by batch and the order turned round every time, so that what else the machine does
 * falls on all of them. All shapes come up before any is measured: in an application no serialiser sees only one. Each
 * batch is new, made off the clock, as warm in the caches as spans are that have just ended.
 */
async function main(sdkLine: SdkLine, rounds: number, spansPerBatch: number): Promise<void> {
  const sdk = await loadSdk(sdkLine)
  const encoders = Object.entries(await contenders(sdkLine))
  const random = seededRandom(SEED)
  const makeSpans = spanMaker(sdk, spansPerBatch)
  for (const shape of Object.values(SHAPES)) measure(makeSpans, encoders, shape, rounds * WARM_UP_SHARE, random)
  const header = [
    'shape',
    ...encoders.map(([name]) => `${name} ns/span`),
    ...encoders.slice(1).map(([name]) => `× ${name}`),
    'bytes/span',
    'gzip ns/span',
  ]
  const rows: string[][] = []
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { nanos, bytes, gzipNanos } = measure(makeSpans, encoders, shape, rounds, random)
    const ratios = nanos.slice(1).map((other) => figure(other / nanos[0]!))
    rows.push([name, ...nanos.map((value) => count(Math.round(value))), ...ratios, figure(bytes), count(Math.round(gzipNanos))])
  }
  console.log(`\nspanring, Node ${process.version}, SDK ${sdkLine}, median of ${rounds} batches of ${spansPerBatch} spans\n`)
  console.log(markdownTable(header, rows))
}

function measure(
  makeSpans: ReturnType<typeof spanMaker>,
  encoders: readonly [string, Encode][],
  shape: Shape,
  rounds: number,
  random: () => number,
): { nanos: number[]; bytes: number; gzipNanos: number } {
  const samples: number[][] = encoders.map(() => [])
  const gzipSamples: number[] = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < encoders.length; turn++) {
      const index = round % 2 === 0 ? turn : encoders.length - 1 - turn
      const spans = makeSpans(shape, random)
      const encode = encoders[index]![1]
      const start = performance.now()
      const body = encode(spans)
      samples[index]!.push(((performance.now() - start) * 1e6) / spans.length)
      if (index !== 0) continue
      bytes = body.length / spans.length
      if (round % GZIP_EVERY === 0) gzipSamples.push((timeOf(() => gzipSync(body)) * 1e6) / spans.length)
    }
  }
  return { nanos: samples.map(median), bytes, gzipNanos: median(gzipSamples) }
}

function timeOf(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** Makes batches of new spans, all of one provider and one tracer as in an application. */
function spanMaker(sdk: Sdk, spansPerBatch: number): (shape: Shape, random: () => number) => ReadableSpan[] {
  let spans: ReadableSpan[] = []
  const done = async (): Promise<void> => {}
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const tracer = sdk.createTracerProvider([collector]).getTracer('spanring-benchmarks', '0.0.0')
  return (shape, random) => {
    spans = []
    for (let i = 0; i < spansPerBatch; i++) shape(tracer, sdk, random)
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
