// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from '@spanring/sink'
import { expect, test } from 'vitest'
import { faultOf } from '../src/judge.js'
import type { CellResult } from '../src/run-group.js'

const span = (spanId: string, name = 'work'): ReceivedSpan => ({ spanId, name, links: [{ flags: 1 }] }) as unknown as ReceivedSpan
const reference = [span('a'), span('b')]
const cell = (result: Partial<CellResult>): CellResult => ({
  exporter: 'stock JSON',
  processor: 'spanring',
  spans: reference,
  duplicates: 0,
  error: undefined,
  warnings: [],
  hasThread: false,
  ...result,
})

test('a cell with the spans of the reference is green', () => {
  expect(faultOf(cell({ spans: [span('a'), span('b')] }), reference)).toBeUndefined()
})

test.each<[string, Partial<CellResult>, string]>([
  ['lost a span', { spans: [span('a')] }, '1 of 2 spans arrived'],
  ['delivered one twice', { duplicates: 1 }, '1 spans arrived twice'],
  ['changed a field', { spans: [span('a'), span('b', 'other')] }, '1 spans differ in .name'],
  ['left out a list', { spans: [span('a'), { ...span('b'), links: [] }] }, '1 spans differ in .links[]'],
  ['failed', { error: 'ExporterError: http://127.0.0.1:4318/v1/traces: down\nmore' }, 'ExporterError: down'],
])('a cell that %s is red, and says why', (_what, result, fault) => {
  expect(faultOf(cell(result), reference)).toBe(fault)
})

test('a cell of the export thread is red if there is none and it does not say so', () => {
  const sent = cell({ exporter: 'spanring thread' })
  expect(faultOf(sent, reference)).toBe('there is no export thread, and no warning says so')
  expect(faultOf({ ...sent, hasThread: true }, reference)).toBeUndefined()
  const warnings = ['[SPANRING_EXPORT_THREAD] worker is on, but …; spans are sent from this thread']
  expect(faultOf({ ...sent, warnings }, reference)).toBeUndefined()
})
