// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { DecodeError } from '../../src/otlp/decoded-request.js'
import { decodeProtobuf } from '../../src/otlp/decode-protobuf.js'
import { block, fixed32, hex, int, pair, requestWith, spanNumbered } from '../wire.js'
import { fullBytes, fullSpan } from './full-request.js'

const one = (...fields: Uint8Array[]): Buffer => block(1, block(2, block(2, spanNumbered(1), ...fields)))

test('every field of a request is in the normal form', () => {
  const batch = decodeProtobuf(fullBytes)
  expect(batch.spans).toStrictEqual([fullSpan])
  expect(batch.unknownFields).toEqual([])
})

test('the ids of the batch are those of its spans', () => {
  const { ids } = decodeProtobuf(fullBytes)
  expect([...ids]).toEqual([0x5b8efff7, 0x98038103, 0xd269b633, 0x813fc60c, 0xeee19b7e, 0xc3c1b174])
})

test('a span that sends only its ids has the defaults of proto3', () => {
  const { spans } = decodeProtobuf(block(1, block(2, block(2, hex(1, '01'.repeat(16)), hex(2, '02'.repeat(8))))))
  expect(spans).toStrictEqual([
    {
      traceId: '01'.repeat(16),
      spanId: '02'.repeat(8),
      parentSpanId: '',
      traceState: '',
      flags: 0,
      name: '',
      kind: 0,
      startTimeUnixNano: '0',
      endTimeUnixNano: '0',
      attributes: {},
      droppedAttributesCount: 0,
      events: [],
      droppedEventsCount: 0,
      links: [],
      droppedLinksCount: 0,
      status: { code: 0, message: '' },
      resource: { attributes: {}, droppedAttributesCount: 0, entityRefs: [], schemaUrl: '' },
      scope: { name: '', version: '', attributes: {}, droppedAttributesCount: 0, schemaUrl: '' },
    },
  ])
})

test('spans under one resource and scope share their objects', () => {
  const { spans } = decodeProtobuf(Buffer.concat([requestWith(2), requestWith(1, 3)]))
  expect(spans).toHaveLength(3)
  expect(spans[0]?.resource).toBe(spans[1]?.resource)
  expect(spans[0]?.scope).toBe(spans[1]?.scope)
  expect(spans[0]?.resource).not.toBe(spans[2]?.resource)
})

test('an enum value that OTLP does not define stays visible', () => {
  expect(decodeProtobuf(one(int(6, 77))).spans[0]?.kind).toBe(77)
})

test('a field that the schema does not have is named', () => {
  const batch = decodeProtobuf(one(int(99, 1), pair(9, 'key', int(3, 1), block(55, 'x')), fixed32(2000, 7)))
  expect(batch.unknownFields).toEqual(['Span.#99', 'Span.#2000', 'AnyValue.#55'])
  expect(batch.spans[0]?.attributes['key']).toBe(1n)
})

test('a known field with the wrong wire type is named as unknown', () => {
  expect(decodeProtobuf(one(int(16, 1))).unknownFields).toEqual(['Span.#16'])
})

test('the kept bytes do not share memory with the request', () => {
  const body = one(pair(9, 'bytes', block(7, Buffer.from([1, 2, 3]))))
  const { spans } = decodeProtobuf(body)
  body.fill(0)
  expect(spans[0]?.attributes['bytes']).toEqual(Uint8Array.from([1, 2, 3]))
})

test('a link of zeroes is taken, as the Collector takes it', () => {
  const { spans } = decodeProtobuf(one(block(13, hex(1, '00'.repeat(16)), hex(2, '00'.repeat(8)))))
  expect(spans[0]?.links).toMatchObject([{ traceId: '00'.repeat(16), spanId: '00'.repeat(8) }])
})

test.each([
  ['a torn message', fullBytes.subarray(0, -1), 'not an OTLP trace request'],
  ['text', Buffer.from('hello, world'), 'not an OTLP trace request'],
  ['a string that is not UTF-8', one(block(5, Buffer.from([0xff]))), 'utf-8'],
  ['a varint without an end', Buffer.alloc(16, 0xff), 'not an OTLP trace request'],
  ['a trace id of 15 bytes', one(hex(1, '01'.repeat(15))), 'Span.traceId has 15 bytes, not 16'],
  ['a span id of zeroes', one(hex(2, '00'.repeat(8))), 'Span.spanId is all zeroes'],
  ['a parent id of 4 bytes', one(hex(4, '01020304')), 'Span.parentSpanId has 4 bytes, not 8'],
  ['a link without ids', one(block(13)), 'Link.traceId has 0 bytes, not 16'],
])('%s is refused', (_name, body, message) => {
  expect(() => decodeProtobuf(body)).toThrowError(
    expect.objectContaining({ name: 'DecodeError', message: expect.stringContaining(message) }),
  )
})

test('values nested without measure are refused', () => {
  let value: Buffer = int(3, 1)
  for (let depth = 0; depth < 300; depth++) value = block(5, block(1, value))
  expect(() => decodeProtobuf(one(block(9, block(2, value))))).toThrowError(/depth|deep/)
})

test('no cut or change of a single byte does anything but decode or be refused', () => {
  let refused = 0
  for (let at = 0; at < fullBytes.length; at++) {
    const changed = Buffer.from(fullBytes)
    changed.writeUInt8(255 - changed.readUInt8(at), at)
    for (const body of [changed, fullBytes.subarray(0, at)]) {
      try {
        decodeProtobuf(body)
      } catch (error) {
        refused++
        expect(error).toBeInstanceOf(DecodeError)
      }
    }
  }
  expect(refused).toBeGreaterThan(fullBytes.length)
})
