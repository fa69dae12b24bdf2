// SPDX-License-Identifier: Apache-2.0
// Whatever a span loses because it cannot be sent is counted: in the data, where it was lost, and by the encoder.
import { describe, expect, test } from 'vitest'
import type { OtlpFormat } from '../../../src/encode/trace-encoder.js'
import { TraceEncoder } from '../../../src/encode/trace-encoder.js'
import type { ReadableSpan } from '../../../src/readable-span.js'
import { decode, decodeStock, encodeAll, FORMATS } from '../encode-all.js'
import { plainSpan, SPAN_ID, TRACE_ID } from '../plain-span.js'
import { stockSerializers } from '../stock-serializers.js'

const VECTOR = Array.from({ length: 1536 }, (_, i) => i / 7)
const NO_IDS = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }

type Parts = { readonly [Key in keyof ReadableSpan]?: unknown }

/** The span as it arrives, and what was said to be truncated. */
function encode(format: OtlpFormat, parts: Parts) {
  const truncated: string[] = []
  const encoder = new TraceEncoder({ format, onTruncated: (what) => truncated.push(what) })
  const [span] = decode(format, encodeAll(encoder, [plainSpan(parts)]))
  if (span === undefined) throw new Error('the request is empty')
  return { span, truncated }
}

function failing(): never {
  throw new Error('hostile')
}

function deep(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

/** Doubles with every level. */
function twice(): unknown[] {
  const list: unknown[] = []
  list.push(list, list)
  return list
}

describe.each(FORMATS)('%s', (format) => {
  test('a span with 22 vectors of 1,536 numbers, an array of 100,000 and an array of arrays is sent whole', () => {
    const attributes: Record<string, unknown> = {
      long: Array.from({ length: 100_000 }, (_, i) => i % 7 === 0),
      vectors: Array.from({ length: 40 }, () => VECTOR),
    }
    for (let i = 0; i < 22; i++) attributes[`vector ${i}`] = VECTOR
    attributes['last'] = 'here'
    const { span, truncated } = encode(format, { attributes })
    expect(Object.keys(span.attributes)).toHaveLength(25)
    expect(span.attributes['vector 21']).toHaveLength(1536)
    expect(span.attributes['long']).toHaveLength(100_000)
    expect((span.attributes['vectors'] as unknown[][]).map(({ length }) => length)).toEqual(Array(40).fill(1536))
    expect(span.attributes['last']).toBe('here')
    expect({ dropped: span.droppedAttributesCount, truncated }).toEqual({ dropped: 0, truncated: [] })
  })

  test('a span with 40,000 events that have an array each, and with 40,000 links, is sent whole', () => {
    const event = { name: 'e', time: [1_763_700_000, 1], attributes: { list: [1, 2, 3] } }
    const link = { context: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 } }
    const { span, truncated } = encode(format, {
      attributes: { own: 1 },
      events: Array.from({ length: 40_000 }, () => event),
      links: Array.from({ length: 40_000 }, () => link),
    })
    expect(span.attributes).toEqual({ own: 1n })
    expect(span.events).toHaveLength(40_000)
    expect(span.events[39_999]?.attributes).toEqual({ list: [1n, 2n, 3n] })
    expect(span.links).toHaveLength(40_000)
    expect({ events: span.droppedEventsCount, links: span.droppedLinksCount, truncated }).toEqual({
      events: 0,
      links: 0,
      truncated: [],
    })
  })

  test('attributes that are cut or cannot be read are counted where they stand', () => {
    const attributes = {
      deep: deep(31),
      twice: twice(),
      get fails() {
        return failing()
      },
      fine: [1],
    }
    const link = { context: { traceId: TRACE_ID, spanId: SPAN_ID }, attributes, droppedAttributesCount: 2 }
    const { span, truncated } = encode(format, {
      attributes,
      droppedAttributesCount: 5,
      events: [{ name: 'e', time: [1, 1], attributes }],
      links: [link],
    })
    expect(span.attributes).toMatchObject({ fails: null, fine: [1n] })
    expect(span.droppedAttributesCount).toBe(5 + 3)
    expect(span.events[0]?.droppedAttributesCount).toBe(3)
    expect(span.links[0]?.droppedAttributesCount).toBe(2 + 3)
    expect(truncated).toEqual(['span'])
  })

  test('a map that holds itself twice is cut after some ten thousand, and the attributes behind it are sent', () => {
    const { span, truncated } = encode(format, { attributes: { twice: twice(), last: 1 } })
    expect(span.attributes['last']).toBe(1n)
    expect(span.droppedAttributesCount).toBe(1)
    expect(truncated).toEqual(['span'])
  })

  test.each<[string, Parts]>([
    ['attributes that cannot be read', { attributes: new Proxy({}, { ownKeys: failing }) }],
    ['a name that is no text', { name: {} }],
    ['a parent with an invalid id', { parentSpanId: 'abc' }],
    ['an impossible time', { startTime: [-1, 0] }],
    ['a kind that is none', { kind: 1.5 }],
    ['events that are none', { events: [1, 'two', null] }],
    ['no resource', { resource: null }],
  ])('a span with %s counts as truncated', (_name, parts) => {
    expect(encode(format, parts).truncated).toContain('span')
  })

  test.each<[string, Parts]>([
    ['half a surrogate', { name: '\ud800', attributes: { '\ud800': '\udc00' } }],
    ['numbers for texts', { name: 7, status: { code: 0, message: 8n } }],
    ['attributes of every kind', { attributes: { a: undefined, b: null, c: failing, d: Symbol('d'), e: new Date(0) } }],
    ['no parent, no kind and no message', { parentSpanId: '', kind: undefined, status: { code: 0, message: null } }],
  ])('a span with %s does not', (_name, parts) => {
    expect(encode(format, parts).truncated).toEqual([])
  })

  test('keys that are the same once they are Unicode are counted', () => {
    const { span, truncated } = encode(format, { name: {}, attributes: { '\ud800': 1, '\ud801': 2, fine: 3 } })
    expect(span.attributes).toEqual({ '\ufffd': 1n, fine: 3n })
    expect({ dropped: span.droppedAttributesCount, truncated }).toEqual({ dropped: 1, truncated: ['span'] })
  })

  test('what a resource and a scope lose is counted in them, and said', () => {
    const attributes = { deep: deep(31), fine: 1 }
    const { span, truncated } = encode(format, {
      resource: { attributes },
      instrumentationScope: { name: 'scope', attributes },
    })
    expect(span.resource).toMatchObject({ droppedAttributesCount: 1, attributes: { fine: 1n } })
    expect(span.scope).toMatchObject({ droppedAttributesCount: 1, attributes: { fine: 1n } })
    expect(truncated).toEqual(['resource', 'scope'])
  })

  test('a list of 2^31 events that are none ends, and every one of them is counted', () => {
    const events: unknown[] = new Proxy([], { get: (list, key) => (key === 'length' ? 2 ** 31 : Reflect.get(list, key)) })
    const { span, truncated } = encode(format, { events })
    expect({ kept: span.events.length, dropped: span.droppedEventsCount }).toEqual({ kept: 0, dropped: 2 ** 31 })
    expect(truncated).toEqual(['span'])
  })

  test('links without a context keep their attributes, as the SDK records and stock sends them', () => {
    const zeroes = { ...NO_IDS, traceState: { serialize: () => 'a=b' } }
    const links = [
      { context: NO_IDS, attributes: { why: 'batch' } },
      { context: zeroes },
      { context: { ...NO_IDS, traceId: TRACE_ID } },
      { context: { ...NO_IDS, spanId: SPAN_ID } },
      { context: { traceId: TRACE_ID, spanId: SPAN_ID } },
      { context: { traceId: '', spanId: '' } },
    ]
    const { span } = encode(format, { links })
    const none = [NO_IDS.traceId, NO_IDS.spanId]
    expect(span.links.map(({ traceId, spanId }) => [traceId, spanId])).toEqual([
      none,
      none,
      [TRACE_ID, NO_IDS.spanId],
      [NO_IDS.traceId, SPAN_ID],
      [TRACE_ID, SPAN_ID],
      none,
    ])
    const stock = stockSerializers('2.12')[format].serializeRequest([plainSpan({ links: links.slice(0, 5) })])
    expect(span.links.slice(0, 5)).toEqual(decodeStock(format, stock)[0]?.links)
    expect(span.links[0]?.attributes).toEqual({ why: 'batch' })
    expect(span.links[1]?.traceState).toBe('a=b')
    expect(span.droppedLinksCount).toBe(0)
    expect(span.traceId).toBe(TRACE_ID)
  })

  test('a span of zeroes after a link of zeroes is rejected as ever', () => {
    const batch = new TraceEncoder({ format }).openBatch()
    expect(batch.add(plainSpan({ links: [{ context: NO_IDS }] }))).toBe('added')
    expect(batch.add(plainSpan({ spanContext: () => NO_IDS }))).toBe('rejected')
  })

  test('times are exact to the last nanosecond of fixed64', () => {
    const { span, truncated } = encode(format, {
      startTime: [18_446_744_073, 709_551_615],
      endTime: [18_446_744_072, 1_709_551_615],
      events: [{ name: 'e', time: [18_446_744_073, 0] }],
    })
    const last = String(2n ** 64n - 1n)
    expect([span.startTimeUnixNano, span.endTimeUnixNano]).toEqual([last, last])
    expect(span.events[0]?.timeUnixNano).toBe('18446744073000000000')
    expect(truncated).toEqual([])
  })

  test.each([
    [18_446_744_073, 709_551_616],
    [18_446_744_072, 1_709_551_616],
    [18_446_744_074, 0],
  ])('a time one nanosecond after it is none: [%i, %i]', (seconds, nanos) => {
    const { span, truncated } = encode(format, { endTime: [seconds, nanos] })
    expect({ end: span.endTimeUnixNano, truncated }).toEqual({ end: '0', truncated: ['span'] })
  })
})
