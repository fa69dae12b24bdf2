// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { describe, test } from 'vitest'
import { TraceEncoder } from '../../src/encode/trace-encoder.js'
import type { ReadableSpan } from '../../src/readable-span.js'
import { decode, decodeStock, encodeAll, FORMATS } from './encode-all.js'
import { generateSpans, loadSdk } from './generated-spans.js'
import { recordedSpans } from './recorded-spans.js'
import { type SdkLine, stockSerializers } from './stock-serializers.js'

const SPAN_COUNT = 10_000
const BATCH_SIZE = 500
const LINES: readonly SdkLine[] = ['2.12', '3.1']
const HAS_IS_REMOTE = 0x100

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)
/** Encoding does not change a span, so the tests of a line share them. */
const generated = new Map<SdkLine, ReadableSpan[]>()

for (const line of LINES) {
  for (const format of FORMATS) {
    describe(`SDK ${line}, ${format}`, () => {
      test('generated spans have the same content as from the stock serialiser', async () => {
        const { spans, stock } = await setup(line)
        const encoder = new TraceEncoder({ format })
        for (const batch of batches(spans)) {
          assert.deepEqual(decode(format, encodeAll(encoder, batch)), decodeStock(format, stock[format].serializeRequest(batch)))
        }
      })

      test('the spans of an application have the same content as from the stock serialiser', () => {
        const spans = recordedSpans()
        assert.ok(spans.length > 90)
        const content = decode(format, encodeAll(new TraceEncoder({ format }), spans))
        assert.deepEqual(content, decodeStock(format, stockSerializers(line)[format].serializeRequest(spans)))
        assert.ok(content.some(({ events }) => events.length > 0))
        assert.ok(content.some(({ links }) => links.length > 0))
      })

      test('spans in the shape of SDK 1.30 have the same content as those they were made from', async () => {
        const { spans, stock } = await setup(line)
        const encoder = new TraceEncoder({ format })
        for (const batch of batches(spans.slice(0, 2000))) {
          const expected = decodeStock(format, stock[format].serializeRequest(batch)).map((span) =>
            span.parentSpanId === '' ? span : { ...span, flags: span.flags & 0xff },
          )
          const actual = decode(format, encodeAll(encoder, batch.map(asSdk1)))
          assert.deepEqual(actual, expected)
          assert.ok(actual.every(({ flags, parentSpanId }) => (flags & HAS_IS_REMOTE) === 0 || parentSpanId === ''))
        }
      })
    })
  }
}

async function setup(line: SdkLine): Promise<{ spans: ReadableSpan[]; stock: ReturnType<typeof stockSerializers> }> {
  let spans = generated.get(line)
  if (spans === undefined) {
    spans = generateSpans(await loadSdk(line), SPAN_COUNT, new SeededRandom(seed))
    generated.set(line, spans)
  }
  return { spans, stock: stockSerializers(line) }
}

function* batches(spans: readonly ReadableSpan[]): Generator<ReadableSpan[]> {
  for (let from = 0; from < spans.length; from += BATCH_SIZE) yield spans.slice(from, from + BATCH_SIZE)
}

function asSdk1(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    parentSpanId: span.parentSpanContext?.spanId,
    startTime: span.startTime,
    endTime: span.endTime,
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    resource: span.resource,
    instrumentationLibrary: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  }
}
