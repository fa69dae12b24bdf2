// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test } from 'vitest'
import { BufferedBatch } from '../src/buffered-batch.js'
import { ByteBudget } from '../src/byte-budget.js'
import { resolveOptions } from '../src/config/settings.js'
import { TraceEncoder } from '../src/encode/trace-encoder.js'
import { OTLPTraceExporter } from '../src/otlp-trace-exporter.js'
import type { Deadline, SpanBatch } from '../src/span-exporter.js'
import { Transport } from '../src/transport/transport.js'
import { endedSpan, endedSpans } from './ended-span.js'
import { setupSink, until } from './transport/setup-transport.js'

const KIB = 1024
const MIB = 1024 * KIB

function within(millis: number): Deadline {
  const { signal } = new AbortController()
  return { at: performance.now() + millis, signal, closing: signal }
}

async function setup(limit: number) {
  const sink = await setupSink()
  const transport = new Transport(resolveOptions({ url: sink.url }, {}))
  onTestFinished(() => transport.shutdown({ at: 0 }))
  const budget = new ByteBudget(limit)
  const encoder = new TraceEncoder({ format: 'protobuf' })
  const open = (): BufferedBatch => {
    const reserved = budget.reserve(64 * MIB, () => {})
    return new BufferedBatch(encoder.openBatch(reserved), transport, budget, reserved, 64 * MIB)
  }
  return { sink, budget, open }
}

test('holds what was set aside while it is filled, what it came to while it is sent, and then nothing', async () => {
  const { sink, budget, open } = await setup(32 * MIB)
  await sink.script({ delayMillis: 50 })
  const batch = open()
  for (const span of endedSpans(300, 1000)) expect(batch.add(span)).toBe('added')
  expect(batch.spanCount).toBe(300)
  expect(budget.used).toBe(16 * MIB)

  const sent = batch.send(within(5000))
  expect(budget.used).toBeGreaterThanOrEqual(300 * 1000)
  expect(budget.used).toBeLessThanOrEqual(batch.byteLength)
  expect(await sent).toEqual({ exported: 300, failed: {} })
  expect(budget.used).toBe(0)
})

test('closed, it takes no more spans and holds what it came to', async () => {
  const { budget, open } = await setup(32 * MIB)
  const batch = open()
  for (const span of endedSpans(300, 1000)) batch.add(span)
  batch.close()

  expect(budget.used).toBe(batch.byteLength)
  expect(batch.add(endedSpan(1))).toBe('full')
  expect(batch.spanCount).toBe(300)
  expect(await batch.send(within(5000))).toEqual({ exported: 300, failed: {} })
  expect(budget.used).toBe(0)
})

test('a closed batch of a few spans counts for the buffer under it, and never for more than was set aside', async () => {
  const large = await setup(32 * MIB)
  const small = await setup(10 * KIB)
  for (const { budget, open, expected } of [
    { ...large, expected: 16 * KIB },
    { ...small, expected: 10 * KIB },
  ]) {
    const batch = open()
    batch.add(endedSpan(1))
    batch.close()
    expect(budget.used).toBe(expected)
    batch.discard()
    expect(budget.used).toBe(0)
  }
})

test('closed batches of a few spans hold memory for these, not for a batch like those before', async () => {
  const { open } = await setup(32 * MIB)
  const usual = open()
  for (const span of endedSpans(600, 1000)) usual.add(span)
  usual.close()
  const before = process.memoryUsage().arrayBuffers
  const batches = Array.from({ length: 50 }, () => {
    const batch = open()
    batch.add(endedSpan(1))
    batch.close()
    return batch
  })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB)
  for (const batch of [usual, ...batches]) batch.discard()
})

test('without a span it holds nothing once it is closed', async () => {
  const { budget, open } = await setup(32 * MIB)
  open().close()
  expect(budget.used).toBe(0)
})

test('many waiting batches of one caller share the budget: each holds what it came to, not what was set aside for it', async () => {
  const sink = await setupSink({ keep: 'count' })
  const exporter = new OTLPTraceExporter({ url: sink.url, maxBufferedBytes: 8 * MIB })
  onTestFinished(() => exporter.shutdown())
  let isWoken = false
  const onRoom = (): void => void (isWoken = true)
  const waiting: SpanBatch[] = []
  for (let batch = exporter.openBatch(onRoom); batch !== undefined; batch = exporter.openBatch(onRoom)) {
    waiting.push(batch)
    for (const span of endedSpans(200, 1000)) expect(batch.add(span)).toBe('added')
    expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(8 * MIB)
  }

  // Seven MiB, and what is left is too little for a batch; five batches filled it before.
  expect(waiting.length).toBeGreaterThan(30)
  const outcomes = await Promise.all(waiting.map((batch) => batch.send(within(10_000))))
  expect(outcomes.map(({ exported }) => exported)).toEqual(waiting.map(() => 200))
  expect(isWoken).toBe(true)
  expect(exporter.stats()).toMatchObject({ bufferedBytes: 0, exported: waiting.length * 200, inFlight: 0 })
  await until(async () => (await sink.stats()).delivered === waiting.length * 200)
})

test('callers that fill batches at the same time do not close one another', async () => {
  const sink = await setupSink()
  const exporter = new OTLPTraceExporter({ url: sink.url })
  onTestFinished(() => exporter.shutdown())
  const first = exporter.openBatch(() => {})
  const second = exporter.openBatch(() => {})

  expect(first?.add(endedSpan(1))).toBe('added')
  expect(second?.add(endedSpan(2))).toBe('added')
  expect(first?.add(endedSpan(3))).toBe('added')
  await Promise.all([first?.send(within(5000)), second?.send(within(5000))])
  expect((await sink.stats()).delivered).toBe(3)
})

test('one that was opened while little room was left takes a large span when there is room again', async () => {
  const { budget, open } = await setup(32 * MIB)
  budget.reserve(31 * MIB, () => {})
  budget.reserve(30 * MIB, () => {})
  expect(32 * MIB - budget.used).toBe(8 * MIB)
  const others = Array.from({ length: 3 }, () => budget.reserve(64 * MIB, () => {}))
  expect(others).toEqual([4 * MIB, 2 * MIB, MIB])
  const batch = open()
  expect(budget.used).toBe(32 * MIB)
  const large = endedSpan(1, 1.5 * MIB)
  // It is not said to be one that can never be sent.
  expect(batch.add(large)).toBe('full')
  budget.release(4 * MIB)
  expect(batch.add(large)).toBe('added')
  // Half of the five that were left with its own one.
  expect(budget.used).toBe((27 + 2.5) * MIB)
  batch.discard()
  expect(budget.used).toBe(27 * MIB)
})
