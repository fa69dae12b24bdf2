// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { BufferPool, FRONT_BYTES } from '../../src/encode/buffer-pool.js'
import type { EncodedBatch } from '../../src/encode/encoded-batch.js'
import { jsonFormat } from '../../src/encode/json/format.js'
import { protobufFormat } from '../../src/encode/protobuf/format.js'
import { type OtlpFormat, TraceEncoder } from '../../src/encode/trace-encoder.js'
import type { ReadableSpan } from '../../src/readable-span.js'
import { Slab } from '../../src/shared-memory/slab.js'
import { SlabMemory } from '../../src/thread/slab-memory.js'
import {
  type HandedBack,
  indexBytes,
  readBatch,
  readHanded,
  readHandedBack,
  writeBatch,
  writeHandedBack,
} from '../../src/thread/slab-layout.js'
import { FORMATS, decode } from '../encode/encode-all.js'
import { generateSpans, loadSdk } from '../encode/generated-spans.js'
import { plainSpan } from '../encode/plain-span.js'

const HANDED = { id: 1, remainingMillis: 1000, isClosing: false, hasOwnHeaders: false, mayStore: false, group: 0 }
const ROUNDS = 100

test.each(FORMATS)('any batch comes out of its slab as it went in, whole and in parts (%s)', async (format) => {
  const seed = seedFromEnvironment()
  console.log(`SEED=${seed}`)
  const random = new SeededRandom(seed)
  const all = generateSpans(await loadSdk('2.12'), 300, random)
  const { encoder, memory } = setup(format)
  for (let round = 0; round < ROUNDS; round++) {
    const first = random.below(all.length - 1)
    const spans = all.slice(first, first + random.between(1, random.pick([2, 8, 100])))
    const encoded = encode(encoder, spans)
    const received = throughSlab(memory, format, encoded)
    expect({ spanCount: received.spanCount, byteLength: received.byteLength }).toEqual({
      spanCount: spans.length,
      byteLength: encoded.byteLength,
    })
    const from = random.below(spans.length)
    const to = random.between(from + 1, spans.length)
    const [expected, part] = [encoded.assemble(from, to), received.assemble(from, to)]
    expectSame(part.bytes, expected.bytes)
    expected.release()
    part.release()
    const whole = received.assemble(0, spans.length)
    expect(
      decode(format, whole.bytes)
        .map(({ spanId }) => spanId)
        .toSorted(),
    ).toEqual(spans.map((span) => span.spanContext().spanId).toSorted())
    whole.release()
    received.release()
    encoded.release()
  }
  encoder.close()
})

test.each(FORMATS)('the index has as many bytes as it asked for, and with four fewer there is no room for it (%s)', (format) => {
  for (const [resources, scopes] of [
    [1, 1],
    [1, 3],
    [2, 1],
    [3, 4],
  ] as const) {
    // Spans that end at any offset from a word.
    for (let extra = 0; extra < 8; extra++) {
      const { encoder } = setup(format)
      const encoded = encode(encoder, [plainSpan({ name: 'x'.repeat(extra) }), ...spansOf(resources * scopes, resources, scopes)])
      const { ends, groups } = encoded.parts
      const behind = spanBytes(encoded) + encoded.parts.format.tailBytes
      const slabOf = (bytes: number) => new Slab(0, new SharedArrayBuffer(FRONT_BYTES + behind + bytes))
      const bytes = indexBytes(ends.length, groups)
      const slab = slabOf(bytes)
      encoded.parts.buffer.copy(Buffer.from(slab.memory, FRONT_BYTES), 0, 0, spanBytes(encoded))
      writeBatch(slab, encoded.parts, HANDED, 0)
      const received = readBatch(slab, encoded.parts.format, new BufferPool(), () => {})
      expectSame(received.assemble(0, ends.length).bytes, encoded.assemble(0, ends.length).bytes)
      expect(() => writeBatch(slabOf(bytes - 4), encoded.parts, HANDED, 0)).toThrow(RangeError)
      encoder.close()
    }
  }
})

test.each([0, 1, 2, 3])('a slab of any size will do: its memory has %i bytes more than a multiple of four', (odd) => {
  const { encoder } = setup('protobuf')
  const encoded = encode(encoder, spansOf(3, 1, 1))
  const { groups, format, buffer } = encoded.parts
  const size = Math.ceil((spanBytes(encoded) + format.tailBytes + indexBytes(3, groups)) / 4) * 4 + odd
  const slab = new Slab(0, new SharedArrayBuffer(FRONT_BYTES + size))
  buffer.copy(Buffer.from(slab.memory, FRONT_BYTES), 0, 0, spanBytes(encoded))
  writeBatch(slab, encoded.parts, HANDED, 0)
  const received = readBatch(slab, protobufFormat(), new BufferPool(), () => {})
  expectSame(received.assemble(0, 3).bytes, encoded.assemble(0, 3).bytes)
  encoder.close()
})

test.each([
  ['with a limit that is no multiple of four', 100_001, 90_000],
  ['that is larger than any buffer of the pool', 2 ** 26, 5_000_001],
])('an encoder makes a slab that its batch fits into: one %s', (_, maxRequestBytes, bytes) => {
  const memory = new SlabMemory(2 ** 25, () => {})
  const encoder = new TraceEncoder({ format: 'protobuf', memory, indexBytes, maxRequestBytes })
  const span = plainSpan({ attributes: { text: 'x'.repeat(bytes) } })
  const encoded = encode(encoder, [span])
  const received = throughSlab(memory, 'protobuf', encoded)
  expectSame(received.assemble(0, 1).bytes, encoded.assemble(0, 1).bytes)
  encoder.close()
})

test('a request that was assembled in the slab leaves the index and the spans alone', () => {
  for (const format of FORMATS) {
    const { encoder, memory } = setup(format)
    const encoded = encode(encoder, spansOf(5, 1, 1))
    const first = throughSlab(memory, format, encoded).assemble(0, 5)
    expect(first.bytes.buffer).toBe(encoded.parts.buffer.buffer)
    const copy = Buffer.from(first.bytes)
    // A thread that replaces one that died reads the batch again.
    expect(Buffer.from(throughSlab(memory, format, encoded).assemble(0, 5).bytes).equals(copy)).toBe(true)
    expect(decode(format, copy).map(({ name }) => name)).toEqual(['span 0', 'span 1', 'span 2', 'span 3', 'span 4'])
    encoder.close()
  }
})

test('everything that is said with a batch arrives', () => {
  const { encoder, memory } = setup('protobuf')
  const encoded = encode(encoder, spansOf(1, 1, 1))
  const slab = memory.slabOf(encoded.parts.buffer)
  for (const remainingMillis of [0, -3.5, 0.1, 10_000, 2 ** 40, Infinity]) {
    for (const flags of [0, 1, 2, 3, 4]) {
      const handed = {
        id: 2 ** 31 - 1 - flags,
        remainingMillis,
        isClosing: (flags & 1) > 0,
        hasOwnHeaders: (flags & 2) > 0,
        mayStore: (flags & 4) > 0,
        group: flags,
      }
      writeBatch(slab, encoded.parts, handed, 0)
      expect(readHanded(slab)).toEqual(handed)
    }
  }
  encoder.close()
})

test('everything that is said with a slab that is given back arrives, and the next batch finds nothing of it', () => {
  const { encoder, memory } = setup('protobuf')
  const encoded = encode(encoder, spansOf(1, 1, 1))
  const slab = memory.slabOf(encoded.parts.buffer)
  for (const statusCode of [undefined, 200, 599]) {
    for (const flags of [0, 1, 2, 3]) {
      const back: HandedBack = {
        exported: 2 ** 31 - 1,
        stored: 7,
        storedBytes: 2 ** 31 - 1,
        attemptCount: 3,
        sendingMillis: 12.5,
        statusCode,
        hasFailure: (flags & 1) > 0,
        isFree: (flags & 2) > 0,
      }
      writeHandedBack(slab, back)
      expect(readHandedBack(slab)).toEqual(back)
    }
  }
  writeBatch(slab, encoded.parts, HANDED, 0)
  expect(readHanded(slab)).toEqual(HANDED)
  encoder.close()
})

function setup(format: OtlpFormat) {
  const memory = new SlabMemory(2 ** 25, () => {})
  return { memory, encoder: new TraceEncoder({ format, memory, indexBytes }) }
}

function encode(encoder: TraceEncoder, spans: readonly ReadableSpan[]): EncodedBatch {
  const batch = encoder.openBatch()
  for (const span of spans) expect(batch.add(span)).toBe('added')
  return batch.finish()
}

/** The batch as the export thread sees it. */
function throughSlab(memory: SlabMemory, format: OtlpFormat, encoded: EncodedBatch): EncodedBatch {
  const slab = memory.slabOf(encoded.parts.buffer)
  writeBatch(slab, encoded.parts, HANDED, 0)
  const there = new Slab(slab.number, slab.memory)
  return readBatch(there, format === 'json' ? jsonFormat() : protobufFormat(), new BufferPool(), () => {})
}

/** Spans of so many resources, each of which has so many scopes. */
function spansOf(count: number, resources: number, scopes: number): ReadableSpan[] {
  const all = Array.from({ length: resources }, (_, i) => ({ attributes: { resource: 'r'.repeat(i) } }))
  const ofScope = Array.from({ length: scopes }, (_, i) => ({ name: `scope ${'s'.repeat(i)}` }))
  return Array.from({ length: count }, (_, i) =>
    plainSpan({
      name: `span ${i}`,
      resource: all[i % resources],
      instrumentationScope: ofScope[Math.floor(i / resources) % scopes],
    }),
  )
}

function spanBytes({ parts: { ends } }: EncodedBatch): number {
  return ends[ends.length - 1] ?? 0
}

/** `toEqual` takes half a minute for a few megabytes. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length)
  expect(Buffer.compare(actual, expected)).toBe(0)
}
