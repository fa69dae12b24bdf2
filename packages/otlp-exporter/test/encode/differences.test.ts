// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { test } from 'vitest'
import { TraceEncoder } from '../../src/encode/trace-encoder.js'
import type { ReadableSpan } from '../../src/readable-span.js'
import type { Difference } from './differences.js'
import { decode, encodeAll, encodeOne, FORMATS } from './encode-all.js'
import { PARENT_ID, plainSpan, SPAN_ID, TRACE_ID } from './plain-span.js'

const INVALID_IDS: readonly unknown[] = [
  '',
  'abc',
  '0'.repeat(16),
  '0'.repeat(32),
  'x'.repeat(16),
  'x'.repeat(32),
  undefined,
  null,
  7,
]

/** What stands under "ours" in each entry, in both formats unless the name says otherwise. */
const CASES: Readonly<Record<Difference, () => void>> = {
  'a bigint is an integer, or its digits outside of int64': () => {
    const values = { max: 2n ** 63n - 1n, min: -(2n ** 63n), more: 2n ** 63n }
    for (const { attributes } of both({ attributes: values }))
      assert.deepEqual(attributes, { ...values, more: '9223372036854775808' })
  },
  'NaN and the infinities survive in JSON': () => {
    const values = { nan: NaN, up: Infinity, down: -Infinity }
    for (const { attributes } of both({ attributes: values })) assert.deepEqual(attributes, values)
  },
  'an integer beyond 2^53 keeps its digits in JSON': () => {
    for (const { attributes } of both({ attributes: { big: 2 ** 60 } })) assert.deepEqual(attributes, { big: 2n ** 60n })
  },
  'an integer beyond int64 is a double in JSON': () => {
    for (const { attributes } of both({ attributes: { huge: 1e300 } })) assert.deepEqual(attributes, { huge: 1e300 })
  },
  'a lone surrogate is U+FFFD in JSON': () => {
    const [protobuf, json] = both({ name: 'half \ud800', attributes: { 'key \udc00': 'a\ud800b', whole: '\\ud800 😀' } })
    assert.equal(json?.name, 'half \ufffd')
    assert.deepEqual(json?.attributes, { 'key \ufffd': 'a\ufffdb', whole: '\\ud800 😀' })
    assert.deepEqual(json, protobuf)
  },
  'the parent and the scope of a span of SDK 1.x are read': () => {
    const parts = { parentSpanId: PARENT_ID, instrumentationScope: undefined, instrumentationLibrary: { name: 'library' } }
    for (const span of both(parts)) {
      assert.equal(span.parentSpanId, PARENT_ID)
      assert.equal(span.scope.name, 'library')
    }
  },
  'a parent of SDK 1.x is not said to be local': () => {
    for (const { flags } of both({ parentSpanId: PARENT_ID })) assert.equal(flags, 0x001)
    for (const { flags } of both({})) assert.equal(flags, 0x101)
  },
  'a span with an invalid id is rejected': () => {
    for (const id of INVALID_IDS) {
      expectRejected({ traceId: id, spanId: SPAN_ID, traceFlags: 1 })
      expectRejected({ traceId: TRACE_ID, spanId: id, traceFlags: 1 })
    }
  },
  'a parent with an invalid id is left out': () => {
    for (const spanId of INVALID_IDS) {
      for (const span of both({ parentSpanContext: { spanId, isRemote: true } })) assert.equal(span.parentSpanId, '')
      for (const span of both({ parentSpanId: spanId })) assert.equal(span.parentSpanId, '')
    }
  },
  'a link with an id that is none is left out and counted as dropped': () => {
    for (const spanId of INVALID_IDS.filter((id) => id !== '' && id !== '0'.repeat(16))) {
      const links = [{ context: { traceId: TRACE_ID, spanId } }, { context: { traceId: TRACE_ID, spanId: SPAN_ID } }]
      for (const span of both({ links, droppedLinksCount: 2 })) {
        assert.equal(span.links.length, 1)
        assert.equal(span.droppedLinksCount, 3)
      }
    }
  },
  'an impossible time, or one after fixed64 ends in 2554, is 1970': () => {
    const after = [18_446_744_073, 709_551_616]
    for (const startTime of [[NaN, 0], [-1, 0], [2 ** 40, 0], after, [18_446_744_072, 4e9], [0, NaN], [0, -1], 'now', null, []])
      for (const span of both({ startTime })) assert.equal(span.startTimeUnixNano, '0')
  },
  'an impossible count or kind is left out': () => {
    for (const count of [-1, NaN, '3', null, undefined])
      for (const span of both({ droppedAttributesCount: count })) assert.equal(span.droppedAttributesCount, 0)
    for (const kind of [-1, 1.5, NaN, 2 ** 31, 'SERVER', null, undefined, {}])
      for (const span of both({ kind })) assert.equal(span.kind, 0)
  },
  'what is nested deeper than 30 levels is null': () => {
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    for (const { attributes } of both({ attributes: { cyclic } })) {
      assert.equal(JSON.stringify(attributes['cyclic']), `${'['.repeat(30)}null${']'.repeat(30)}`)
    }
  },
  'a value whose getter throws is null': () => {
    const attributes = {
      before: 1,
      get fails() {
        throw new Error('hostile')
      },
      after: 2,
    }
    for (const span of both({ attributes })) assert.deepEqual(span.attributes, { before: 1n, fails: null, after: 2n })
  },
  'scopes of equal name are kept apart in JSON': () => {
    const scopes = [
      { name: 'same', attributes: { from: 'first' } },
      { name: 'same', attributes: { from: 'second' } },
    ]
    const spans = scopes.map((instrumentationScope) => plainSpan({ instrumentationScope }))
    for (const format of FORMATS) {
      const received = decode(format, encodeAll(new TraceEncoder({ format }), spans))
      assert.deepEqual(
        received.map(({ scope }) => scope.attributes['from']),
        ['first', 'second'],
      )
    }
  },
}

for (const [name, run] of Object.entries(CASES)) test(name, run)

/** The span from protobuf and from JSON. */
function both(parts: { readonly [Key in keyof ReadableSpan]?: unknown }): ReturnType<typeof encodeOne>[] {
  return FORMATS.map((format) => encodeOne(format, plainSpan(parts)))
}

function expectRejected(context: unknown): void {
  for (const format of FORMATS) {
    const batch = new TraceEncoder({ format }).openBatch()
    assert.equal(batch.add(plainSpan({ spanContext: () => context })), 'rejected')
    assert.equal(batch.spanCount, 0)
  }
}
