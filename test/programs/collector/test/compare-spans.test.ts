// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { compareSpans, describeComparison } from '../src/compare-spans.js'
import { readWrittenSpans } from '../src/written-spans.js'
import type { WrittenSpans } from '../src/written-spans.js'

const a = { traceId: 't1', spanId: 'a', name: 'first', attributes: [{ key: 'k' }, { key: 'l' }] }
const b = { traceId: 't1', spanId: 'b', name: 'second' }

async function written(...requests: readonly object[][]): Promise<WrittenSpans> {
  const dir = await mkdtemp(join(tmpdir(), 'spanring-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'spans.jsonl')
  const lines = requests.map((spans) => JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans }] }] }))
  await writeFile(file, lines.map((line) => `${line}\n`).join(''))
  return readWrittenSpans(file)
}

test('the same spans in other requests and in another order do not differ', async () => {
  const comparison = compareSpans(await written([a, b]), await written([b], [a]))
  expect(describeComparison(comparison)).toEqual([])
})

test('a span that one of them did not deliver is named', async () => {
  expect(compareSpans(await written([a, b]), await written([a]))).toMatchObject({ missing: ['t1/b'], extra: [] })
  expect(compareSpans(await written([a]), await written([a, b]))).toMatchObject({ missing: [], extra: ['t1/b'] })
})

test('a span that came again is counted once more, and not as another span', async () => {
  const { byId, repeated } = await written([a], [a, b])
  expect([byId.size, repeated]).toEqual([2, 1])
})

test('a field that differs is named by its path', async () => {
  const other = { ...a, attributes: [{ key: 'k' }, { key: 'm' }] }
  const { differences } = compareSpans(await written([a, b]), await written([other, b]))
  expect([...differences]).toEqual([['.span.attributes[].key', { spans: 1, id: 't1/a', stock: '"l"', ours: '"m"' }]])
})

test('a field that only one of them has is named', async () => {
  const comparison = compareSpans(await written([b]), await written([{ ...b, flags: 1 }]))
  expect(describeComparison(comparison)).toEqual(['.span.flags differs in 1 spans, first t1/b: stock absent, ours 1'])
})

test('attributes in another order are a difference', async () => {
  const { differences } = compareSpans(await written([a]), await written([{ ...a, attributes: a.attributes.toReversed() }]))
  expect(differences.size).toBe(1)
})

test('a collector that wrote no file has written no spans', async () => {
  expect((await readWrittenSpans('/nowhere/spans.jsonl')).byId.size).toBe(0)
})
