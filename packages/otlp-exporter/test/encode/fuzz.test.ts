// SPDX-License-Identifier: Apache-2.0
// `FUZZ_RUNS=1000000 npx vitest run packages/otlp-exporter/test/encode/fuzz.test.ts` for a long run, `SEED=` to repeat one.
import assert from 'node:assert/strict'
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { test } from 'vitest'
import type { OtlpFormat } from '../../src/encode/trace-encoder.js'
import { TraceEncoder } from '../../src/encode/trace-encoder.js'
import { decode, encodeOne, FORMATS } from './encode-all.js'
import { hostileSpan } from './hostile-spans.js'
import { PARENT_ID, plainSpan } from './plain-span.js'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 20_000)
const SPANS_PER_BATCH = 25
/** Small, so that spans and batches at the limit come up. */
const MAX_REQUEST_BYTES = 100_000

const GOOD = plainSpan({
  name: 'good neighbour',
  parentSpanContext: { spanId: PARENT_ID, isRemote: true },
  attributes: { text: 'plain', other: 'ünïcode', count: 300, list: [1, 'b'] },
})

for (const format of FORMATS) {
  test(
    `${RUNS / FORMATS.length} hostile spans are encoded or rejected and harm no neighbour in ${format}`,
    { timeout: 60_000 + RUNS * 5 },
    () => {
      const seed = seedFromEnvironment()
      const random = new SeededRandom(seed)
      const expected = encodeOne(format, GOOD)
      const encoder = new TraceEncoder({ format, maxRequestBytes: MAX_REQUEST_BYTES })
      const outcomes = { added: 0, full: 0, rejected: 0, too_large: 0 }
      for (let run = 0; run < RUNS / FORMATS.length; run += SPANS_PER_BATCH) {
        try {
          runBatch(encoder, format, random, outcomes, expected)
        } catch (error) {
          throw new Error(`in the batch from run ${run}, SEED=${seed}`, { cause: error })
        }
      }
      console.log(`SEED=${seed} ${format}: ${JSON.stringify(outcomes)}`)
      assert.ok(outcomes.added > outcomes.rejected)
    },
  )
}

function runBatch(
  encoder: TraceEncoder,
  format: OtlpFormat,
  random: SeededRandom,
  outcomes: Record<'added' | 'full' | 'rejected' | 'too_large', number>,
  expected: ReturnType<typeof encodeOne>,
): void {
  const batch = encoder.openBatch()
  let good = 0
  for (let i = 0; i < SPANS_PER_BATCH; i++) {
    const outcome = batch.add(hostileSpan(random))
    outcomes[outcome]++
    // Whoever has nothing to send before would wait for ever.
    assert.ok(outcome !== 'full' || batch.spanCount > 0, 'an empty batch is full')
    if (random.chance(0.3) && batch.add(GOOD) === 'added') good++
  }
  const { spanCount } = batch
  const encoded = batch.finish()
  assert.ok(encoded.byteLength <= MAX_REQUEST_BYTES, `${encoded.byteLength} bytes`)
  const half = random.below(spanCount + 1)
  const spans = decode(format, encoded.assemble(0, spanCount).bytes)
  const halves = [...decode(format, encoded.assemble(0, half).bytes), ...decode(format, encoded.assemble(half, spanCount).bytes)]
  encoded.release()
  assert.equal(spans.length, spanCount)
  assert.equal(halves.length, spanCount)
  const neighbours = spans.filter((span) => span.name === GOOD.name)
  assert.equal(neighbours.length, good)
  for (const neighbour of neighbours) assert.deepEqual(neighbour, expected)
}
