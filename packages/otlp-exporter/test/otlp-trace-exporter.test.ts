// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Sink } from '@spanring/sink'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ExportResult } from '@spanring/core'
import type { OTLPTraceExporterOptions } from '../src/config/options.js'
import { OTLPTraceExporter } from '../src/otlp-trace-exporter.js'
import type { ReadableSpan } from '../src/readable-span.js'
import { endedSpan, endedSpans } from './ended-span.js'
import { settledWithin } from './transport/setup-transport.js'

interface Setup {
  readonly sink: Sink
  readonly exporter: OTLPTraceExporter
  readonly exportSpans: (spans: ReadableSpan[]) => Promise<ExportResult>
}

async function setup(options: OTLPTraceExporterOptions = {}): Promise<Setup> {
  const sink = await setupSink()
  const exporter = new OTLPTraceExporter({ url: sink.url, ...options })
  onTestFinished(() => exporter.shutdown())
  return { sink, exporter, exportSpans: (spans) => new Promise((resolve) => exporter.export(spans, resolve)) }
}

describe('an export of an array', () => {
  test('is delivered, and ends with code 0', async () => {
    const { sink, exporter, exportSpans } = await setup()
    expect(await exportSpans(endedSpans(600))).toEqual({ code: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 600, requests: 1, duplicates: 0 })
    expect(exporter.stats()).toEqual({
      exported: 600,
      failed: {},
      truncatedSpans: 0,
      truncatedResources: 0,
      inFlight: 0,
      stored: 0,
      inherited: { found: 0, exported: 0, failed: {} },
      requests: 1,
      bufferedBytes: 0,
      backend: 'up',
    })
  })

  test('is delivered whole although its owner uses the array again at once', async () => {
    const { sink, exporter } = await setup()
    const spans = endedSpans(5)
    const results: ExportResult[] = []
    exporter.export(spans, (result) => results.push(result))
    spans.length = 0
    await exporter.forceFlush()
    expect(results).toEqual([{ code: 0 }])
    expect((await sink.stats()).delivered).toBe(5)
  })

  test('of what is no array has its outcome, and holds up no other', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const outcomes = await Promise.all([exportSpans(undefined as unknown as ReadableSpan[]), exportSpans(endedSpans(3))])
    expect(outcomes).toEqual([{ code: 1, error: expect.any(TypeError) as unknown }, { code: 0 }])
    await exporter.forceFlush()
    expect((await sink.stats()).delivered).toBe(3)
  })

  test('of nothing ends with code 0 without a request', async () => {
    const { sink, exportSpans } = await setup()
    expect(await exportSpans([])).toEqual({ code: 0 })
    expect((await sink.stats()).connections).toBe(0)
  })

  test('over the size of a request goes out in several, in order', async () => {
    const { sink, exportSpans } = await setup({ maxRequestBytes: 20_000 })
    expect(await exportSpans(endedSpans(50, 1000))).toEqual({ code: 0 })
    const { requests, delivered } = await sink.stats()
    expect(delivered).toBe(50)
    expect(requests).toBeGreaterThanOrEqual(3)
  })

  test('with a span that can never be sent delivers the others and says so', async () => {
    const { sink, exporter, exportSpans } = await setup({ maxRequestBytes: 20_000 })
    const { code, error } = await exportSpans([endedSpan(1), endedSpan(2, 30_000), endedSpan(3)])
    expect(code).toBe(1)
    expect(error?.message).toContain('1 span cannot be sent')
    expect((await sink.stats()).delivered).toBe(2)
    expect(exporter.stats()).toMatchObject({ exported: 2, failed: { too_large: 1 }, bufferedBytes: 0 })
  })

  test('of which the backend rejects some counts these once', async () => {
    const { sink, exporter, exportSpans } = await setup()
    await sink.script({ partialSuccess: { rejectedSpans: 5, errorMessage: 'no' } })
    expect((await exportSpans(endedSpans(10))).code).toBe(1)
    expect(exporter.stats()).toMatchObject({ exported: 5, failed: { rejected: 5 } })
  })

  test('has its outcome although attributes of its resource arrive late and are larger than a request may be', async () => {
    const { exporter, exportSpans } = await setup({ maxRequestBytes: 2000 })
    const attributes: Record<string, string> = {}
    const resource = { attributes, asyncAttributesPending: true }
    const last = { ...endedSpan(2), resource }
    Object.defineProperty(last, 'name', {
      get() {
        attributes['late'] = 'x'.repeat(3000)
        return 'last'
      },
    })
    const lines = captureDiag()
    expect(await exportSpans([{ ...endedSpan(1), resource }, last])).toEqual({ code: 0 })
    expect(lines).toEqual([expect.stringContaining('a resource is sent without a part')])
    expect(exporter.stats()).toMatchObject({ exported: 2, failed: {}, bufferedBytes: 0 })
  })

  test('beyond maxBufferedBytes waits for room, and is sent when there is some', async () => {
    const { sink, exporter, exportSpans } = await setup({ maxBufferedBytes: 200_000 })
    await sink.script({ delayMillis: 100, times: 1 }, {})
    const first = exportSpans(endedSpans(150, 1000))
    await until(async () => (await sink.stats()).waiting > 0)
    const second = exportSpans(endedSpans(150, 1000))
    expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(200_000)
    expect(await Promise.all([first, second])).toEqual([{ code: 0 }, { code: 0 }])
    expect(exporter.stats()).toMatchObject({ exported: 300, failed: {}, bufferedBytes: 0 })
  })

  test('for which there is no room in time is given up and counted', async () => {
    const { exporter, exportSpans } = await setup({ maxBufferedBytes: 200_000, timeoutMillis: 100 })
    exporter.openBatch(() => {})?.add(endedSpan(1))
    const { error } = await settledWithin(100, () => exportSpans(endedSpans(10)))
    expect(error?.message).toContain('maxBufferedBytes')
    expect(exporter.stats()).toMatchObject({ failed: { buffer_full: 10 }, inFlight: 0 })
  })

  test('of every span by itself, 5,000 in one stretch, has room for all in some ten requests', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const results = await Promise.all(endedSpans(5000).map((span) => exportSpans([span])))
    expect(results.filter(({ code }) => code !== 0)).toEqual([])
    expect(exporter.stats()).toMatchObject({ exported: 5000, failed: {}, bufferedBytes: 0 })
    expect((await sink.stats()).requests).toBeLessThan(20)
  })

  test('with a span that had to be cut counts it and says so once', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const lines = captureDiag()
    const cyclic: unknown[] = []
    cyclic.push(cyclic)
    const spans = endedSpans(3).map((span, i) => (i < 2 ? { ...span, attributes: { cyclic, own: i } } : span))
    expect(await exportSpans(spans)).toEqual({ code: 0 })
    expect(exporter.stats()).toMatchObject({ exported: 3, truncatedSpans: 2 })
    const received = (await sink.spans()).map(({ droppedAttributesCount }) => droppedAttributesCount)
    expect(received).toEqual([1, 1, 0])
    expect(lines.filter((line) => line.includes('a span is sent without a part'))).toHaveLength(1)
  })

  test('with a resource and a scope that had to be cut counts these, once for all of their spans', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const lines = captureDiag()
    const throwing = Object.defineProperty({ good: 1 }, 'bad', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    const [resource, instrumentationScope] = [{ attributes: throwing }, { name: 'scope', attributes: throwing }]
    const spans = [
      { ...endedSpan(1), resource },
      { ...endedSpan(2), instrumentationScope },
      { ...endedSpan(3), resource },
    ]
    expect(await exportSpans(spans)).toEqual({ code: 0 })
    expect(exporter.stats()).toMatchObject({ exported: 3, truncatedSpans: 0, truncatedResources: 2 })
    expect((await sink.stats()).delivered).toBe(3)
    expect(lines.filter((line) => line.includes('truncatedResources'))).toHaveLength(1)
  })

  test('a call back that throws is the affair of the caller', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const thrown = (): never => {
      throw new Error('mine')
    }
    exporter.export(endedSpans(3), thrown)
    await exporter.forceFlush()
    expect(await exportSpans(endedSpans(2))).toEqual({ code: 0 })
    expect((await sink.stats()).delivered).toBe(5)
    await exporter.shutdown()
    expect(() => exporter.export(endedSpans(1), thrown)).not.toThrow()
  })

  test('of many arrays at once, as a stock processor flushes them, has room for all: they are encoded one by one', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const results = await Promise.all(Array.from({ length: 40 }, () => exportSpans(endedSpans(500))))
    expect(results.filter(({ code }) => code !== 0)).toEqual([])
    expect(exporter.stats()).toMatchObject({ exported: 20_000, failed: {}, bufferedBytes: 0 })
    expect((await sink.stats()).delivered).toBe(20_000)
  })

  test('several may be under way at once', async () => {
    const { sink, exportSpans } = await setup()
    await sink.script({ delayMillis: 100, times: 5 })
    const results: Promise<ExportResult>[] = []
    for (let i = 0; i < 5; i++) {
      results.push(exportSpans(endedSpans(10)))
      // oxlint-disable-next-line no-await-in-loop -- one request each
      await until(async () => (await sink.stats()).connections === i + 1)
    }
    expect(await Promise.all(results)).toEqual(Array.from({ length: 5 }, () => ({ code: 0 })))
    expect((await sink.stats()).connections).toBe(5)
  })
})

describe('forceFlush', () => {
  test('waits for arrays that are still being encoded and for requests under way', async () => {
    const { sink, exporter, exportSpans } = await setup()
    await sink.script({ delayMillis: 100 })
    let ended = 0
    for (let i = 0; i < 3; i++) void exportSpans(endedSpans(2000)).then(() => ended++)
    await exporter.forceFlush()
    expect(ended).toBe(3)
    expect((await sink.stats()).delivered).toBe(6000)
  })

  test('does not wait for batches, which whoever sends them awaits', async () => {
    const { sink, exporter } = await setup()
    await sink.script({ fault: 'never' })
    const batch = exporter.openBatch(() => {})
    batch?.add(endedSpan(1))
    const { signal } = new AbortController()
    void batch?.send({ at: Infinity, signal, closing: signal })
    await until(async () => (await sink.stats()).waiting === 1)
    await exporter.forceFlush()
    expect(exporter.stats().inFlight).toBe(1)
  })

  test('does not wait longer than an export may take', async () => {
    const { sink, exporter, exportSpans } = await setup({ timeoutMillis: 200 })
    await sink.script({ fault: 'never' })
    void exportSpans(endedSpans(5))
    await settledWithin(200, () => exporter.forceFlush())
    expect(exporter.stats()).toMatchObject({ failed: { timeout: 5 }, inFlight: 0, bufferedBytes: 0 })
  })
})

describe('shutdown', () => {
  test('holds nothing afterwards, not even of a batch that nobody sent', async () => {
    const { exporter } = await setup()
    const batch = exporter.openBatch(() => {})
    batch?.add(endedSpan(1))
    expect(exporter.stats().bufferedBytes).toBe(0)
    batch?.close()
    expect(batch?.add(endedSpan(2))).toBe('full')
    expect(exporter.stats().bufferedBytes).toBeGreaterThan(0)
    expect(exporter.stats().bufferedBytes).toBeLessThan(20_000)
    await exporter.shutdown()
    expect(exporter.stats().bufferedBytes).toBe(0)
  })

  test('waits for what is under way; later exports fail at once, and a second call is the first', async () => {
    const { sink, exporter, exportSpans } = await setup()
    await sink.script({ delayMillis: 100 })
    const before = exportSpans(endedSpans(5))
    const closed = exporter.shutdown()
    expect(exporter.shutdown()).toBe(closed)
    const after = await exportSpans(endedSpans(3))
    await closed

    expect(await before).toEqual({ code: 0 })
    expect(after).toEqual({ code: 1, error: new Error('the exporter is shut down') })
    expect(exporter.stats()).toMatchObject({ exported: 5, failed: { already_shutdown: 3 } })
    await exporter.forceFlush()
    expect((await sink.stats()).delivered).toBe(5)
  })

  test('waits for arrays that are still being encoded', async () => {
    const { sink, exporter, exportSpans } = await setup()
    const results = Promise.all(Array.from({ length: 5 }, () => exportSpans(endedSpans(2000))))
    await exporter.shutdown()
    expect(await results).toEqual(Array.from({ length: 5 }, () => ({ code: 0 })))
    expect((await sink.stats()).delivered).toBe(10_000)
  })

  test('leaves time for a last try, and has told the outcome of every array, although many still wait for room', async () => {
    const retry = { initialBackoffMillis: 60_000, maxBackoffMillis: 60_000, jitter: false }
    const { sink, exporter, exportSpans } = await setup({ maxBufferedBytes: 200_000, timeoutMillis: 60_000, retry })
    await sink.script({ status: 503, times: 1 }, {})
    const batch = exporter.openBatch(() => {})
    expect(batch?.add(endedSpan(1))).toBe('added')
    const { signal } = new AbortController()
    const sent = batch?.send({ at: Infinity, signal, closing: signal })
    await until(() => exporter.stats().backend === 'down')
    const results: ExportResult[] = []
    for (let i = 0; i < 10; i++) void exportSpans(endedSpans(5)).then((result) => results.push(result))
    await settledWithin(4000, () => exporter.shutdown())

    expect(results.map(({ error }) => error?.message)).toEqual(Array(10).fill('the exporter was shut down before there was room'))
    expect(await sent).toEqual({ exported: 1, failed: {} })
    expect(exporter.stats()).toMatchObject({ exported: 1, failed: { shutdown: 50 }, inFlight: 0, bufferedBytes: 0 })
  })

  test('ends a back-off with one last try', async () => {
    const { sink, exporter, exportSpans } = await setup({
      retry: { initialBackoffMillis: 60_000, maxBackoffMillis: 60_000, jitter: false },
    })
    await sink.script({ status: 503, times: 1 }, {})
    const result = exportSpans(endedSpans(5))
    await until(() => exporter.stats().backend === 'down')
    await settledWithin(0, () => exporter.shutdown())
    expect(await result).toEqual({ code: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 5, requests: 2 })
  })

  test('of a backend that refuses connections does not wait', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await until(() => server.listening)
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const { exporter, exportSpans } = await setup({ url: `http://127.0.0.1:${port}/` })
    const result = exportSpans(endedSpans(5))
    await until(() => exporter.stats().backend === 'down')
    await settledWithin(0, () => exporter.shutdown())
    expect((await result).code).toBe(1)
    expect(exporter.stats()).toMatchObject({ failed: { connection: 5 }, inFlight: 0, bufferedBytes: 0 })
  })
})

test.each([
  ['a Proxy', (exporter: OTLPTraceExporter) => new Proxy(exporter, {})],
  ['an Object.create', (exporter: OTLPTraceExporter) => Object.create(exporter) as OTLPTraceExporter],
])('behind %s it works as by itself', async (_what, wrap) => {
  const { sink, exporter } = await setup()
  const wrapped = wrap(exporter)
  const result = new Promise<ExportResult>((resolve) => wrapped.export(endedSpans(3), resolve))
  await wrapped.forceFlush()
  expect(await result).toEqual({ code: 0 })
  const batch = wrapped.openBatch(() => {})
  expect(batch?.add(endedSpan(4))).toBe('added')
  const { signal } = new AbortController()
  expect(await batch?.send({ at: performance.now() + 5000, signal, closing: signal })).toEqual({ exported: 1, failed: {} })
  expect(wrapped.exportOfBatches).toBe(exporter.export)
  expect(wrapped.stats()).toMatchObject({ exported: 4, failed: {}, bufferedBytes: 0 })
  await wrapped.shutdown()
  expect(wrapped.shutdown()).toBe(exporter.shutdown())
  expect((await sink.stats()).delivered).toBe(4)
  expect(Object.keys(exporter)).toEqual(['maxConcurrentBatches'])
})

test('the export that does the same as openBatch is the one of the class, whatever is put in its place later', async () => {
  const { exporter } = await setup()
  const own = exporter.exportOfBatches
  expect(exporter.export).toBe(own)
  exporter.export = () => {}
  expect(exporter.exportOfBatches).toBe(own)
  expect(exporter.export).not.toBe(own)

  const { prototype } = OTLPTraceExporter
  const original = prototype.export
  onTestFinished(() => void (prototype.export = original))
  prototype.export = function patched(spans, callback) {
    original.call(this, spans, callback)
  }
  const { exporter: made } = await setup()
  expect(made.exportOfBatches).toBe(own)
  expect(made.export).not.toBe(own)
})
