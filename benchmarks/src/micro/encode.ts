// SPDX-License-Identifier: Apache-2.0
// Encoding batches, ours against the stock serialisers: `npm run bench:encode -- [2.12|3.1] [rounds] [spans in a batch]`.
import { gzipSync } from 'node:zlib'
import { loadSdk, SDK_LINES } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { count, figure, markdownTable } from '../markdown-table.js'
import { median } from '../quantiles.js'
import { contenders } from './encode-contenders.js'
import type { Encode, ReadableSpan } from './encode-contenders.js'
import { SHAPES } from './encode-fixtures.js'
import type { Shape } from './encode-fixtures.js'
import { createSpanMaker } from './span-maker.js'

const DEFAULT_SPANS = 512
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
  const makeSpans = createSpanMaker(await loadSdk(sdkLine))
  const makeBatch = (shape: Shape): ReadableSpan[] => makeSpans(shape, spansPerBatch)
  const encoders = Object.entries(await contenders(sdkLine))
  for (const shape of Object.values(SHAPES)) measure(makeBatch, encoders, shape, rounds * WARM_UP_SHARE)
  const header = [
    'shape',
    ...encoders.map(([name]) => `${name} ns/span`),
    ...encoders.slice(1).map(([name]) => `× ${name}`),
    'bytes/span',
    'gzip ns/span',
  ]
  const rows: string[][] = []
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { nanos, bytes, gzipNanos } = measure(makeBatch, encoders, shape, rounds)
    const ratios = nanos.slice(1).map((other) => figure(other / nanos[0]!))
    rows.push([name, ...nanos.map((value) => count(Math.round(value))), ...ratios, figure(bytes), count(Math.round(gzipNanos))])
  }
  console.log(`\nspanring, Node ${process.version}, SDK ${sdkLine}, median of ${rounds} batches of ${spansPerBatch} spans\n`)
  console.log(markdownTable(header, rows))
}

function measure(
  makeBatch: (shape: Shape) => ReadableSpan[],
  encoders: readonly [string, Encode][],
  shape: Shape,
  rounds: number,
): { nanos: number[]; bytes: number; gzipNanos: number } {
  const samples: number[][] = encoders.map(() => [])
  const gzipSamples: number[] = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < encoders.length; turn++) {
      const index = round % 2 === 0 ? turn : encoders.length - 1 - turn
      const spans = makeBatch(shape)
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
