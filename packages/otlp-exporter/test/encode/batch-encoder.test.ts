// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { SeededRandom } from '@spanring/test-kit/random'
import { describe, expect, test } from 'vitest'
import type { BatchEncoder } from '../../src/encode/batch-encoder.js'
import { type OtlpFormat, TraceEncoder } from '../../src/encode/trace-encoder.js'
import { decode, encodeAll, encodeOne, FORMATS } from './encode-all.js'
import { ENDLESS_VALUES, HOSTILE_VALUES } from './hostile-values.js'
import { plainSpan, SPAN_ID, TRACE_ID } from './plain-span.js'

const MIB = 1024 * 1024

for (const format of FORMATS) {
  describe(format, () => {
    test('I1: a span that is rejected leaves no byte', () => {
      const { batch } = setup(format)
      batch.add(plainSpan())
      const before = batch.byteLength
      expect(batch.add(plainSpan({ attributes: { long: 'x'.repeat(100 * MIB) } }))).toBe('too_large')
      expect(batch.add(plainSpan({ spanContext: () => ({ traceId: '', spanId: '' }) }))).toBe('rejected')
      expect(batch.byteLength).toBe(before)
      expect(batch.spanCount).toBe(1)
    })

    test('I2: any part of a batch is a request, and the parts together are the whole', () => {
      const { batch } = setup(format)
      const scopes = ['a', 'b', 'c'].map((name) => ({ name }))
      const resources = [{ attributes: { r: 1 } }, { attributes: { r: 2 }, schemaUrl: 'https://example.com' }]
      for (let i = 0; i < 30; i++)
        batch.add(plainSpan({ name: `span ${i}`, resource: resources[i % 2], instrumentationScope: scopes[(i >> 1) % 3] }))
      const encoded = batch.finish()
      const names = (from: number, to: number): string[] =>
        decode(format, encoded.assemble(from, to).bytes).map(({ name }) => name)
      const whole = names(0, 30)
      expect(whole).toHaveLength(30)
      for (const middle of [0, 1, 7, 15, 29, 30])
        expect([...names(0, middle), ...names(middle, 30)].toSorted()).toEqual(whole.toSorted())
      const ofOneGroup = decode(format, encoded.assemble(0, 30).bytes).filter(
        ({ scope, resource }) => scope.name === 'a' && resource.schemaUrl === '',
      )
      expect(ofOneGroup.map(({ name }) => name)).toEqual(['span 0', 'span 6', 'span 12', 'span 18', 'span 24'])
    })

    test('I3: a batch is full before its request is larger than the limit', () => {
      const limit = 10_000
      const { batch } = setup(format, limit)
      let added = 0
      while (batch.add(plainSpan({ attributes: { text: 'x'.repeat(100) } })) === 'added') added++
      expect(added).toBeGreaterThan(20)
      expect(batch.byteLength).toBeLessThanOrEqual(limit)
      const encoded = batch.finish()
      expect(encoded.byteLength).toBeLessThanOrEqual(limit)
      expect(encoded.byteLength).toBeGreaterThan(limit * 0.9)
      expect(decode(format, encoded.assemble(0, added).bytes)).toHaveLength(added)
    })

    test.each([0, 1, 19, 20, 200])(
      'of %i attributes, set or added by a prototype, those that were set are written, in order',
      (count) => {
        const attributes: Record<string, unknown> = Object.create({ inherited: true })
        for (let i = 0; i < count; i++) attributes[`key ${i}`] = i
        const { events, ...span } = encodeOne(format, plainSpan({ attributes, events: [{ name: '', time: [1, 0], attributes }] }))
        const keys = Array.from({ length: count }, (_, i) => `key ${i}`)
        expect(Object.keys(span.attributes)).toEqual(keys)
        expect(events.map((event) => Object.keys(event.attributes))).toEqual([keys])
        const map = (entries: object): object => encodeOne(format, plainSpan({ attributes: { map: entries } })).attributes
        expect(map(attributes)).toEqual(map({ ...attributes }))
      },
    )

    test('a span that fits into no request is too large, and not taken for a full batch', () => {
      const { batch } = setup(format, 20_000)
      const large = plainSpan({ attributes: { text: 'é'.repeat(12_000) } })
      const halfOfIt = plainSpan({ attributes: { text: 'x'.repeat(11_000) } })
      expect(batch.add(large)).toBe('too_large')
      expect(batch.add(halfOfIt)).toBe('added')
      expect(batch.add(large)).toBe('too_large')
      expect(batch.add(halfOfIt)).toBe('full')
      expect(batch.spanCount).toBe(1)
    })

    test('a span whose resource or scope fits into no request is too large, and holds up no other', () => {
      const { batch } = setup(format, 20_000)
      const attributes = { text: 'x'.repeat(30_000) }
      expect(batch.add(plainSpan({ resource: { attributes } }))).toBe('too_large')
      expect(batch.add(plainSpan({ instrumentationScope: { name: 'large', attributes } }))).toBe('too_large')
      expect(batch.add(plainSpan())).toBe('added')
    })

    test('many small texts that come to more than a request are too large for an empty batch', () => {
      const { batch } = setup(format, 20_000)
      expect(batch.add(plainSpan({ attributes: { texts: Array.from({ length: 300 }, () => 'x'.repeat(100)) } }))).toBe(
        'too_large',
      )
      expect(batch.add(plainSpan())).toBe('added')
    })

    test('ten thousand attributes and a text of many megabytes are sent', () => {
      const attributes: Record<string, unknown> = { text: 'ü'.repeat(5 * MIB) }
      for (let i = 0; i < 10_000; i++) attributes[`key ${i}`] = i
      const received = encodeOne(format, plainSpan({ attributes }))
      expect(Object.keys(received.attributes)).toHaveLength(10_001)
      expect(received.attributes['key 9999']).toBe(9999n)
      expect(received.attributes['text']).toBe(attributes['text'])
    })

    test('every hostile value is survived in every place, by itself and by the neighbours', () => {
      const random = new SeededRandom(1)
      const expected = encodeOne(format, plainSpan({ name: 'neighbour' }))
      for (const make of HOSTILE_VALUES) {
        const { batch } = setup(format)
        const value = make(random)
        const places = [
          { attributes: { value } },
          { attributes: value },
          { attributes: { list: [value] } },
          { name: value },
          { events: [{ name: 'e', time: [1, 1], attributes: { value } }] },
          { events: value },
          { resource: value },
          { instrumentationScope: value },
          { resource: { attributes: { value } } },
          { status: value },
          { startTime: value },
        ]
        for (const parts of places) {
          expect(batch.add(plainSpan(parts))).toBe('added')
          expect(batch.add(plainSpan({ name: 'neighbour' }))).toBe('added')
        }
        const encoded = batch.finish()
        const spans = decode(format, encoded.assemble(0, batch.spanCount).bytes)
        const neighbours = spans.filter(({ name }) => name === 'neighbour')
        expect(neighbours).toHaveLength(places.length)
        for (const neighbour of neighbours) assert.deepEqual(neighbour, expected)
      }
    })

    test('a value without end is cut off or too large, and is not made a number of', () => {
      for (const make of ENDLESS_VALUES) {
        const value = make(new SeededRandom(1))
        const context = { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: value }
        const places = [
          { attributes: { value } },
          { kind: value },
          { startTime: value },
          { endTime: [value, value] },
          { endTime: [1, value] },
          { status: { code: value, message: value } },
          { droppedLinksCount: value },
          { spanContext: () => context },
          { events: [{ name: 'e', time: [1, 1], droppedAttributesCount: value }] },
        ]
        for (const parts of places) {
          const { batch } = setup(format)
          if (batch.add(plainSpan(parts)) === 'too_large') continue
          expect(batch.spanCount).toBe(1)
          const encoded = batch.finish()
          expect(decode(format, encoded.assemble(0, 1).bytes)).toHaveLength(1)
          expect(encoded.byteLength).toBeLessThan(8 * MIB)
        }
      }
    })

    test('attributes of a resource that arrive after the span was added are sent, and kept once nothing is pending', () => {
      const encoder = new TraceEncoder({ format })
      const attributes: Record<string, unknown> = { early: 1 }
      const resource = { attributes, asyncAttributesPending: true }
      const batch = encoder.openBatch()
      batch.add(plainSpan({ resource }))
      attributes['late'] = 2
      const first = decode(format, batch.finish().assemble(0, 1).bytes)
      expect(first[0]?.resource.attributes).toEqual({ early: 1n, late: 2n })
      resource.asyncAttributesPending = false
      attributes['last'] = 3
      for (let i = 0; i < 2; i++) {
        const [span] = decode(format, encodeAll(encoder, [plainSpan({ resource })]))
        expect(span?.resource.attributes).toEqual({ early: 1n, late: 2n, last: 3n })
      }
    })

    test('a batch without spans is an empty request, and a batch that was released refuses', () => {
      const { batch } = setup(format)
      const encoded = batch.finish()
      expect(decode(format, encoded.assemble(0, 0).bytes)).toEqual([])
      expect(encoded.spanCount).toBe(0)
      expect(batch.add(plainSpan())).toBe('full')
      expect(() => encoded.assemble(0, 1)).toThrow(RangeError)
      encoded.release()
      encoded.release()
      expect(() => encoded.assemble(0, 0)).toThrow('released')
    })

    test('a request does not change when the buffer of its batch is used again', () => {
      const encoder = new TraceEncoder({ format })
      const first = encodeAll(encoder, [plainSpan({ name: 'first' })])
      encodeAll(encoder, [plainSpan({ name: 'other' })])
      expect(decode(format, first)[0]?.name).toBe('first')
    })
  })
}

function setup(format: OtlpFormat, maxRequestBytes?: number): { batch: BatchEncoder } {
  return { batch: new TraceEncoder({ format, maxRequestBytes }).openBatch() }
}
