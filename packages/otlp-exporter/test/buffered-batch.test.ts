// SPDX-License-Identifier: Apache-2.0
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Deadline } from '@spanring/core'
import { BufferedBatch } from '../src/buffered-batch.js'
import { ByteBudget } from '../src/byte-budget.js'
import { resolveOptions } from '../src/config/settings.js'
import { TraceEncoder } from '../src/encode/trace-encoder.js'
import { OTLPTraceExporter } from '../src/otlp-trace-exporter.js'
import type { BatchOutcome, SpanBatch } from '../src/span-batch.js'
import { Transport } from '../src/transport/transport.js'
import { endedSpan, endedSpans } from './ended-span.js'

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
  const encoder = new TraceEncoder({ format: 'protobuf', maxRequestBytes: limit })
  const counts = { onRoom: 0 }
  const opened = new Set<BufferedBatch>()
  const open = (): BufferedBatch => {
    const reserved = budget.reserve(64 * MIB, () => {})
    return new BufferedBatch({
      encoder: encoder.openBatch(reserved),
      transport,
      budget,
      reserved,
      maxBytes: 64 * MIB,
      onStored: () => {},
      onRoom: () => counts.onRoom++,
      open: opened,
    })
  }
  return { sink, budget, open, counts }
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
  expect(budget.used).toBeLessThanOrEqual(batch.byteLength * 1.35)
  expect(await sent).toEqual({ exported: 300, failed: {} })
  expect(budget.used).toBe(0)
})

test('closed, it takes no more spans and holds the memory under them, at most a third more than they are', async () => {
  const { budget, open } = await setup(32 * MIB)
  const batch = open()
  for (const span of endedSpans(300, 1000)) batch.add(span)
  batch.close()

  expect(budget.used).toBeGreaterThanOrEqual(batch.byteLength)
  expect(budget.used).toBeLessThan(batch.byteLength * 1.35)
  expect(batch.add(endedSpan(1))).toBe('full')
  expect(batch.spanCount).toBe(300)
  expect(await batch.send(within(5000))).toEqual({ exported: 300, failed: {} })
  expect(budget.used).toBe(0)
})

test('a closed batch of a few spans counts for the buffer under it, and never for more than was set aside', async () => {
  const large = await setup(32 * MIB)
  const small = await setup(3 * KIB)
  for (const { budget, open, expected } of [
    { ...large, expected: 4 * KIB },
    { ...small, expected: 3 * KIB },
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

test('its memory goes back to the pool with its outcome', async () => {
  const sent: { assemble(from: number, to: number): unknown }[] = []
  const { open } = await setup(32 * MIB)
  const batch = open()
  batch.add(endedSpan(1))
  const sendBatch = vi.spyOn(Transport.prototype, 'sendBatch').mockImplementation((encoded) => {
    sent.push(encoded)
    return Promise.resolve({ exported: encoded.spanCount, failed: {} })
  })
  onTestFinished(() => sendBatch.mockRestore())
  expect(await batch.send(within(1000))).toEqual({ exported: 1, failed: {} })
  expect(() => sent[0]?.assemble(0, 1)).toThrow('the batch was released')
})

test('without a span it holds nothing once it is closed', async () => {
  const { budget, open } = await setup(32 * MIB)
  open().close()
  expect(budget.used).toBe(0)
})

test('closed again, discarded or sent after it was closed, it gives nothing back twice', async () => {
  const { budget, open } = await setup(32 * MIB)
  const other = budget.reserve(MIB, () => {})
  for (const end of ['discard', 'send'] as const) {
    for (const count of [0, 300]) {
      const batch = open()
      for (const span of endedSpans(count, 1000)) batch.add(span)
      batch.close()
      const { used } = budget
      batch.close()
      expect(budget.used).toBe(used)
      if (end === 'discard') batch.discard()
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      else await batch.send(within(5000))
      batch.close()
      expect(budget.used).toBe(other)
    }
  }
})

test('an empty batch that waits for room and is closed waits no more, and takes no span when there is some', async () => {
  const { budget, open, counts } = await setup(32 * MIB)
  const batch = open()
  const other = budget.reserve(64 * MIB, () => {})
  const large = endedSpan(1, 30 * MIB)
  expect(batch.add(large)).toBe('full')
  batch.close()
  expect(budget.used).toBe(other)
  budget.release(other)
  expect(counts.onRoom).toBe(0)
  expect(batch.add(large)).toBe('full')
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

test('a span that finds too little room waits for more, whatever else is held, and is not said to be too large', async () => {
  const { budget, open, counts } = await setup(32 * MIB)
  const batch = open()
  const others = [budget.reserve(64 * MIB, () => {}), budget.reserve(64 * MIB, () => {}), budget.reserve(64 * MIB, () => {})]
  expect(others).toEqual([8 * MIB, 4 * MIB, 2 * MIB])
  const large = endedSpan(1, 20 * MIB)
  expect(batch.add(large)).toBe('full')
  // While it is empty it is nobody's burden.
  expect(budget.used).toBe(14 * MIB)
  budget.release(2 * MIB)
  expect(counts.onRoom).toBe(0)
  budget.release(8 * MIB)
  expect(counts.onRoom).toBe(1)
  expect(batch.add(large)).toBe('added')
  expect(batch.add(endedSpan(2))).toBe('added')
  expect(budget.used).toBe(32 * MIB)
  batch.close()
  expect(budget.used).toBeLessThan((4 + 20.1) * MIB)
  batch.discard()
  expect(budget.used).toBe(4 * MIB)
})

test('an idle exporter takes any span up to its limit and calls a larger one too large, each in the format it sends', async () => {
  for (const protocol of ['http/protobuf', 'http/json'] as const) {
    const sink = await setupSink({ keep: 'count' })
    const exporter = new OTLPTraceExporter({ url: sink.url, protocol, maxBufferedBytes: 32 * MIB })
    onTestFinished(() => exporter.shutdown())
    const batch = exporter.openBatch(() => {})
    expect(batch?.add(endedSpan(1, 33 * MIB))).toBe('too_large')
    expect(batch?.add({ ...endedSpan(1), attributes: lines(40) })).toBe('too_large')
    expect(batch?.add(endedSpan(1, 32 * MIB - 1000))).toBe('added')
    expect(await batch?.send(within(10_000))).toEqual({ exported: 1, failed: {} })
    expect(exporter.stats()).toMatchObject({ exported: 1, bufferedBytes: 0 })
  }
})

test('without a span a batch holds no memory, whatever it has refused, and takes another buffer for the next one', async () => {
  const { budget, open, counts } = await setup(32 * MIB)
  const other = budget.reserve(64 * MIB, () => {})
  const large = { ...endedSpan(1), attributes: lines(20) }
  const before = arrayBuffers()
  const batches: BufferedBatch[] = []
  for (let i = 0; i < 6; i++) {
    const batch = open()
    expect(batch.add(large)).toBe('full')
    batches.push(batch)
  }
  expect(arrayBuffers() - before).toBeLessThan(POOLED_BYTES)

  budget.release(other)
  expect(counts.onRoom).toBeGreaterThan(0)
  expect(batches[0]?.add(large)).toBe('added')
  for (const batch of batches) batch.discard()
})

test('an open batch without a span that somebody keeps holds no memory, nor after a shutdown', async () => {
  const exporter = new OTLPTraceExporter({ url: 'http://127.0.0.1:1/', maxBufferedBytes: 32 * MIB })
  const before = arrayBuffers()
  const kept = [exporter.openBatch(() => {})]
  expect(kept[0]?.add({ ...endedSpan(1), attributes: lines(40) })).toBe('too_large')
  for (let i = 0; i < 5; i++) kept.push(exporter.openBatch(() => {}))
  expect(arrayBuffers() - before).toBeLessThan(POOLED_BYTES)
  await exporter.shutdown()
  expect(arrayBuffers() - before).toBeLessThan(MIB / 2)
  expect(kept.map((batch) => batch?.spanCount)).toEqual(Array(6).fill(0))
})

test('two callers whose batches are empty do not wait for one another', async () => {
  const exporter = new OTLPTraceExporter({ url: 'http://127.0.0.1:1/', maxBufferedBytes: 32 * MIB })
  onTestFinished(() => exporter.shutdown())
  const [first, second] = [exporter.openBatch(() => {}), exporter.openBatch(() => {})]
  expect(second?.add(endedSpan(1, 40 * MIB))).toBe('too_large')
  expect(first?.add(endedSpan(1, 30 * MIB))).toBe('added')
})

test('twenty spans of 3 MB to a slow backend are all sent, whatever has to wait for room', async () => {
  const sink = await setupSink({ keep: 'count' })
  await sink.script({ delayMillis: 100 })
  const exporter = new OTLPTraceExporter({ url: sink.url, maxBufferedBytes: 32 * MIB })
  onTestFinished(() => exporter.shutdown())
  let wake = (): void => {}
  const onRoom = (): void => wake()
  const sent: Promise<BatchOutcome>[] = []
  let waits = 0
  for (let id = 0; id < 20;) {
    const batch = exporter.openBatch(onRoom)
    const result = batch?.add(endedSpan(id, 3_000_000)) ?? 'full'
    if (result === 'added') {
      id++
      sent.push(batch!.send(within(10_000)))
    } else {
      expect(result).toBe('full')
      waits++
      // oxlint-disable-next-line no-await-in-loop -- one span after the other
      await new Promise<void>((resolve) => (wake = resolve))
    }
    expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(32 * MIB)
  }
  expect((await Promise.all(sent)).map(({ exported }) => exported)).toEqual(Array(20).fill(1))
  expect(waits).toBeGreaterThan(0)
  expect(exporter.stats()).toMatchObject({ exported: 20, failed: {}, bufferedBytes: 0 })
})

test('a span that waits for much room gets it, although another caller always has some for a little', async () => {
  const sink = await setupSink({ keep: 'count' })
  await sink.script({ delayMillis: 50 })
  const exporter = new OTLPTraceExporter({ url: sink.url, maxBufferedBytes: 8 * MIB })
  onTestFinished(() => exporter.shutdown())
  const over = new AbortController()
  onTestFinished(() => over.abort())
  const keepBusy = async (): Promise<void> => {
    let wake = (): void => {}
    const onRoom = (): void => wake()
    while (!over.signal.aborted) {
      const batch = exporter.openBatch(onRoom)
      batch?.add(endedSpan(1, 50_000))
      void batch?.send(within(10_000))
      // oxlint-disable-next-line no-await-in-loop -- as long as the other one waits
      await new Promise<void>((resolve) => (batch === undefined ? (wake = resolve) : void setTimeout(resolve, 10)))
    }
  }
  const busy = keepBusy()
  // So many that what is left is too little.
  await until(() => exporter.stats().exported > 0 && exporter.stats().inFlight >= 3)
  let wake = (): void => {}
  const batch = exporter.openBatch(() => wake())
  let result = batch?.add(endedSpan(2, 7.9 * MIB))
  expect(result).toBe('full')
  for (const giveUpAt = performance.now() + 5000; result === 'full' && performance.now() < giveUpAt;) {
    // oxlint-disable-next-line no-await-in-loop -- until there is room
    await new Promise<void>((resolve) => {
      wake = resolve
      setTimeout(resolve, 1000)
    })
    result = batch?.add(endedSpan(2, 7.9 * MIB))
  }
  expect(result).toBe('added')
  expect(await batch?.send(within(10_000))).toEqual({ exported: 1, failed: {} })
  over.abort()
  await busy
  await until(() => exporter.stats().inFlight === 0)
  expect(exporter.stats()).toMatchObject({ failed: {}, bufferedBytes: 0 })
})

test('batches that nobody closes give back what they do not use when another one needs it', async () => {
  const exporter = new OTLPTraceExporter({ url: 'http://127.0.0.1:1/', maxBufferedBytes: 8 * MIB })
  onTestFinished(() => exporter.shutdown())
  const [first, second] = [exporter.openBatch(() => {}), exporter.openBatch(() => {})]
  const third = exporter.openBatch(() => {})
  expect(first?.add(endedSpan(1))).toBe('added')
  // Four, two and one MiB are set aside, and one is left: enough for the fourth, and too little for the fifth.
  expect(exporter.openBatch(() => {})).toBeDefined()
  expect(exporter.openBatch(() => {})).toBeDefined()
  expect(first?.add(endedSpan(2))).toBe('full')
  expect([second?.add(endedSpan(3)), third?.add(endedSpan(4))]).toEqual(['added', 'added'])
})

test('a batch is not closed for another one while a span is being added to it', () => {
  const exporter = new OTLPTraceExporter({ url: 'http://127.0.0.1:1/', maxBufferedBytes: MIB })
  onTestFinished(() => exporter.shutdown())
  const batch = exporter.openBatch(() => {})
  expect(batch?.add(endedSpan(1))).toBe('added')
  const opened: unknown[] = []
  const span = endedSpan(2)
  Object.defineProperty(span.attributes, 'getter', { enumerable: true, get: () => opened.push(exporter.openBatch(() => {})) })
  expect(batch?.add(span)).toBe('added')
  expect(opened).toEqual([undefined])
  expect(batch?.add(endedSpan(3))).toBe('added')
})

test('what is held is what the buffers take, by the measure of Node.js', async () => {
  const exporter = new OTLPTraceExporter({ url: 'http://127.0.0.1:1/' })
  onTestFinished(() => exporter.shutdown())
  const random = new SeededRandom(seedFromEnvironment())
  const before = process.memoryUsage().arrayBuffers
  const onRoom = (): void => {}
  const waiting: SpanBatch[] = []
  for (let batch = exporter.openBatch(onRoom); batch !== undefined; batch = exporter.openBatch(onRoom)) {
    waiting.push(batch)
    for (let spans = 1 + random.below(300); spans > 0; spans--) batch.add(endedSpan(spans, 200 + random.below(3000)))
    batch.close()
  }
  const { bufferedBytes } = exporter.stats()
  expect(waiting.length).toBeGreaterThan(20)
  expect(bufferedBytes).toBeGreaterThan(30 * MIB)
  const encoded = waiting.reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(bufferedBytes).toBeLessThan(encoded * 1.35)
  // Besides these there are only some that the last batches grew out of.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(bufferedBytes + 8 * MIB)
})

test('one batch of 15 MiB does not make each that follows take as much', async () => {
  const { open } = await setup(64 * MIB)
  const fill = (bytes: number) => {
    const batch = open()
    for (let id = 0; id < 100; id++) expect(batch.add(endedSpan(id, bytes / 100))).toBe('added')
    batch.close()
    return batch
  }
  const large = fill(15 * MIB)
  const before = process.memoryUsage().arrayBuffers
  const usual = Array.from({ length: 20 }, () => fill(100 * KIB))
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * MIB)
  for (const batch of [large, ...usual]) batch.discard()
})

test('shut down, an exporter keeps no memory for batches', async () => {
  const sink = await setupSink()
  const exporter = new OTLPTraceExporter({ url: sink.url })
  const before = process.memoryUsage().arrayBuffers
  const batches = Array.from({ length: 8 }, () => exporter.openBatch(() => {}))
  for (const batch of batches) for (const span of endedSpans(300, 3000)) batch?.add(span)
  await Promise.all(batches.map(async (batch) => batch?.send(within(5000))))
  await exporter.shutdown()
  // V8 frees what it has collected in the background.
  await expect
    .poll(() => {
      globalThis.gc?.()
      return process.memoryUsage().arrayBuffers - before
    })
    .toBeLessThan(MIB)
})

/** What the pool may keep for the next batches, and a little. */
const POOLED_BYTES = 17 * MIB

/** Memory of buffers that somebody can still reach, in bytes. */
function arrayBuffers(): number {
  // What the first one finds is freed beside the program; the second one waits for that.
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().arrayBuffers
}

/** Attributes of so many MiB, in many small pieces. */
function lines(mebibytes: number): Record<string, string[]> {
  return { lines: Array.from({ length: mebibytes * 1024 }, () => 'x'.repeat(1024)) }
}
