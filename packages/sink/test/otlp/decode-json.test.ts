// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { decodeJson } from '../../src/otlp/decode-json.js'
import { decodeProtobuf } from '../../src/otlp/decode-protobuf.js'
import { fullBytes, fullJson, fullSpan } from './full-request.js'

const ids = { traceId: '01'.repeat(16), spanId: '02'.repeat(8) }

function decode(json: unknown): ReturnType<typeof decodeJson> {
  return decodeJson(Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)))
}

function one(fields: object): object {
  return { resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...fields }] }] }] }
}

test('JSON and protobuf have the same normal form', () => {
  const batch = decode(fullJson)
  expect(batch.spans).toStrictEqual([fullSpan])
  expect(batch).toStrictEqual(decodeProtobuf(fullBytes))
})

test('null means that a field was not sent', () => {
  const fields = { name: null, attributes: null, status: null, parentSpanId: null, droppedLinksCount: null, kind: null }
  expect(decode(one(fields))).toStrictEqual(decode(one({})))
})

test('a 64-bit integer that was sent as a bare number keeps all its digits', () => {
  const value = '{"key":"n 12345678901234567890","value":{"intValue": 9007199254740993}}'
  const json = JSON.stringify(one({ startTimeUnixNano: 0 })).replace(
    '"startTimeUnixNano":0',
    `"startTimeUnixNano":1544712660300000001,"attributes":[${value}]`,
  )
  expect(decode(json).spans[0]).toMatchObject({
    startTimeUnixNano: '1544712660300000001',
    attributes: { 'n 12345678901234567890': 9007199254740993n },
  })
})

test('a double with many digits stays a double', () => {
  const attributes = [{ key: 'd', value: { doubleValue: 0 } }]
  const json = (digits: string): string =>
    JSON.stringify(one({ attributes })).replace('"doubleValue":0', `"doubleValue":${digits}`)
  expect(decode(json('12345678901234567890')).spans[0]?.attributes['d']).toBe(12345678901234567000)
  expect(decode(json('1234567890123456.5')).spans[0]?.attributes['d']).toBe(1234567890123456.5)
})

test('base64 may use the alphabet for URLs', () => {
  const attributes = [{ key: 'b', value: { bytesValue: 'AP8-Pw' } }]
  expect(decode(one({ attributes })).spans[0]?.attributes['b']).toEqual(Uint8Array.from([0, 255, 62, 63]))
})

test('a field that the schema does not have is named once', () => {
  const span = { ...ids, colour: 'red' }
  expect(decode({ resourceSpans: [{ scopeSpans: [{ spans: [span, span] }] }] }).unknownFields).toEqual(['Span.colour'])
})

test.each([
  ['half an object', '{"resourceSpans":[', 'not JSON'],
  ['an array', '[]', 'ExportTraceServiceRequest is [], not an object'],
  ['null', 'null', 'ExportTraceServiceRequest is null, not an object'],
  ['a list that is an object', { resourceSpans: {} }, 'the list of ResourceSpans is {}, not an array'],
  ['a number as a name', one({ name: 5 }), 'Span.name is 5, not a string'],
  ['an enum by name', one({ kind: 'SPAN_KIND_SERVER' }), 'Span.kind is "SPAN_KIND_SERVER", not an integer'],
  ['base64 as an id', one({ traceId: 'W47/95gDgQPSabYzgT/GDA==' }), 'Span.traceId is "W47/95gDgQPSabYzgT/GDA==", not hex'],
  ['a short id', one({ spanId: 'ab' }), 'Span.spanId has 1 bytes, not 8'],
  ['a negative count', one({ droppedLinksCount: -1 }), 'an integer from 0 to 4294967295'],
  ['an int64 out of range', one({ attributes: [{ key: 'n', value: { intValue: '9223372036854775808' } }] }), 'AnyValue.intValue'],
  [
    'a fraction as an integer',
    one({ attributes: [{ key: 'n', value: { intValue: 0.5 } }] }),
    'AnyValue.intValue is 0.5, not an integer',
  ],
  ['two values in one', one({ attributes: [{ key: 'n', value: { intValue: 1, boolValue: true } }] }), 'only one may be set'],
  ['bytes that are not base64', one({ attributes: [{ key: 'n', value: { bytesValue: '{}' } }] }), 'not base64'],
])('%s is refused', (_name, json, message) => {
  expect(() => decode(json)).toThrowError(
    expect.objectContaining({ name: 'DecodeError', message: expect.stringContaining(message) }),
  )
})

test('bytes that are not UTF-8 are refused', () => {
  expect(() => decodeJson(Buffer.from([0x7b, 0xff, 0x7d]))).toThrowError(/not JSON/)
})

test('values nested without measure are refused', () => {
  const depth = 5000
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}{}${']}}'.repeat(depth)}`
  const json = JSON.stringify(one({ attributes: [{ key: 'deep', value: {} }] })).replace('"value":{}', `"value":${value}`)
  expect(() => decode(json)).toThrowError(/nested more than 100 levels/)
})
