// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib'
import { loadSdk } from '@spanring/sdk-lines'
import type { SdkLine } from '@spanring/sdk-lines'
import { contenders, ENCODER_NAMES } from './encode-contenders.js'
import type { Encode, EncoderName, ReadableSpan } from './encode-contenders.js'
import { SHAPES } from './encode-fixtures.js'
import type { Shape } from './encode-fixtures.js'
import type { CreateCase, MicroCase } from './micro-case.js'
import { createSpanMaker } from './span-maker.js'

const BATCH_SIZES = [1, 100, 512]
const GZIP_BATCH_SIZE = 512
/** Of small batches so many in a row that the clock weighs as little as with the largest. */
const SPANS_PER_SAMPLE = 512
/** Of every shape, before the clock runs: in an application no serialiser sees only one. */
const WARM_UP_SPANS = 4096
/** Less than other cases have: there are many, and making the spans, off the clock, takes longer than encoding them. */
const MEASURED_MILLIS = 400

/** `encode 512 · HTTP server · stock protobuf` and so on, and gzip of the bodies. One operation is one span. */
export const ENCODE_CASES: Readonly<Record<string, CreateCase>> = Object.fromEntries([
  ...BATCH_SIZES.flatMap((size) =>
    Object.entries(SHAPES).flatMap(([name, shape]) =>
      ENCODER_NAMES.map((encoder) => [
        `encode ${size} · ${name} · ${encoder}`,
        (line: SdkLine) => encodeCase(line, encoder, shape, size),
      ]),
    ),
  ),
  ...Object.entries(SHAPES).flatMap(([name, shape]) =>
    (['spanring protobuf', 'spanring JSON'] as const).map((encoder) => [
      `gzip ${GZIP_BATCH_SIZE} · ${name} · ${encoder}`,
      (line: SdkLine) => gzipCase(line, encoder, shape),
    ]),
  ),
]) as Record<string, CreateCase>

async function encodeCase(line: SdkLine, encoder: EncoderName, shape: Shape, size: number): Promise<MicroCase> {
  const { encode, makeSpans } = await warmUp(line, encoder, size)
  const batchesPerSample = Math.floor(SPANS_PER_SAMPLE / size)
  let batches: ReadableSpan[][] = []
  return {
    opsPerBatch: batchesPerSample * size,
    measuredMillis: MEASURED_MILLIS,
    batch() {
      for (const spans of batches) encode(spans)
    },
    async between() {
      batches = Array.from({ length: batchesPerSample }, () => makeSpans(shape, size))
    },
  }
}

async function gzipCase(line: SdkLine, encoder: EncoderName, shape: Shape): Promise<MicroCase> {
  const { encode, makeSpans } = await warmUp(line, encoder, GZIP_BATCH_SIZE)
  let body = new Uint8Array()
  return {
    opsPerBatch: GZIP_BATCH_SIZE,
    measuredMillis: MEASURED_MILLIS,
    batch() {
      gzipSync(body)
    },
    async between() {
      body = Uint8Array.from(encode(makeSpans(shape, GZIP_BATCH_SIZE)))
    },
  }
}

interface Warm {
  readonly encode: Encode
  readonly makeSpans: ReturnType<typeof createSpanMaker>
}

async function warmUp(line: SdkLine, encoder: EncoderName, size: number): Promise<Warm> {
  const makeSpans = createSpanMaker(await loadSdk(line))
  const encode = (await contenders(line))[encoder]
  for (const shape of Object.values(SHAPES)) {
    for (let spans = 0; spans < WARM_UP_SPANS; spans += size) encode(makeSpans(shape, size))
  }
  return { encode, makeSpans }
}
