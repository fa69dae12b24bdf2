// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { inspect } from 'node:util'
import { context } from '@opentelemetry/api'
import type { MeterProvider } from '@opentelemetry/api'
import { FakeClock, settlePromises } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { BatchSpanProcessor } from '../src/index.js'
import type { ExportResult, ReadableSpan, SpanExporter } from '../src/index.js'
import { IncrementalDouble } from './incremental-double.js'
import { ClockedExporter } from './clocked-exporter.js'
import { createSpan, numbersOf } from './span.js'

// What calls into the exporter has a few frames of its own between; none may hide the one that is looked for.
Error.stackTraceLimit = 100

/** Answers at once and keeps what it was given. */
class KeepingExporter implements SpanExporter {
  readonly numbers: number[] = []
  export(spans: ReadableSpan[], callback: (result: ExportResult) => void): void {
    this.numbers.push(...numbersOf(spans))
    callback({ code: 0 })
  }
  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

test('both constructor shapes take the exporter and the options', async () => {
  for (const shape of ['exporter, config', 'options'] as const) {
    const exporter = new KeepingExporter()
    const processor =
      shape === 'options'
        ? new BatchSpanProcessor({ exporter, maxQueueSize: 7 })
        : new BatchSpanProcessor(exporter, { maxQueueSize: 7 })
    expect(processor.stats().queueCapacity).toBe(7 + 7)
    for (let i = 0; i < 3; i++) processor.onEnd(createSpan(i))
    await processor.forceFlush()
    expect(exporter.numbers).toEqual([0, 1, 2])
    await processor.shutdown()
  }
})

test('an exporter alone is enough', () => {
  expect(new BatchSpanProcessor(new KeepingExporter()).stats().queueCapacity).toBe(2048 + 512)
  expect(new BatchSpanProcessor({ exporter: new KeepingExporter() }).stats().queueCapacity).toBe(2048 + 512)
})

test('a missing or broken exporter does not throw; its spans are counted as failed', async () => {
  for (const broken of [undefined, null, 0, 'otlp', {}, { exporter: undefined }, { exporter: {} }, { export: 'no function' }]) {
    const processor = new BatchSpanProcessor(broken as unknown as SpanExporter)
    processor.onEnd(createSpan(1))
    await expect(processor.forceFlush()).rejects.toThrow()
    expect(processor.stats()).toMatchObject({ ended: 1, failed: { export_failed: 1 } })
    await processor.shutdown().catch(() => {})
  }
})

test('spans that are not sampled are neither exported nor counted', async () => {
  const exporter = new KeepingExporter()
  const processor = new BatchSpanProcessor(exporter)
  const unsampled = { ...createSpan(1), spanContext: () => ({ ...createSpan(1).spanContext(), traceFlags: 0 }) }
  const otherFlags = { ...createSpan(2), spanContext: () => ({ ...createSpan(2).spanContext(), traceFlags: 3 }) }
  processor.onEnd(unsampled)
  processor.onEnd(otherFlags)
  await processor.shutdown()
  expect(processor.stats().ended).toBe(1)
})

test('onEnd never throws; what is no span is counted', () => {
  const processor = new BatchSpanProcessor(new KeepingExporter())
  const throwing = {
    spanContext: () => {
      throw new Error('no context')
    },
  }
  const bad: unknown[] = [undefined, null, {}, throwing]
  for (const span of bad) processor.onEnd(span as ReadableSpan)
  expect(processor.stats()).toMatchObject({ ended: 4, dropped: { invalid_span: 4 } })
})

test('a processor works through a Proxy, as a prototype and as a subclass', async () => {
  class Subclass extends BatchSpanProcessor {
    readonly seen: ReadableSpan[] = []
    override onEnd(span: ReadableSpan): void {
      this.seen.push(span)
      super.onEnd(span)
    }
  }
  const wrappers: ((processor: BatchSpanProcessor) => BatchSpanProcessor)[] = [
    (processor) => new Proxy(processor, {}),
    (processor) => Object.create(processor) as BatchSpanProcessor,
    (processor) => new Proxy(Object.create(new Proxy(processor, {})) as BatchSpanProcessor, {}),
    (processor) => Object.freeze(processor),
  ]
  for (const wrap of wrappers) {
    const exporter = new KeepingExporter()
    const wrapped = wrap(new Subclass(exporter))
    wrapped.onEnd(createSpan(1))
    // oxlint-disable-next-line no-await-in-loop -- one after the other is easier to read
    await wrapped.forceFlush()
    expect(exporter.numbers).toEqual([1])
    expect(wrapped.stats()).toMatchObject({ exported: 1, ended: 1 })
    // oxlint-disable-next-line no-await-in-loop
    await wrapped.shutdown()
  }
})

test('what a processor works with stays out of what is logged of it', () => {
  const processor = new BatchSpanProcessor(new KeepingExporter())
  expect(inspect(processor)).toBe('BatchSpanProcessor {}')
  expect(Object.keys(Object.assign({}, processor))).toEqual([])
})

test('onEnd does not throw where there is no processor to be found', () => {
  const processor = new BatchSpanProcessor(new KeepingExporter())
  const bare = Object.create(BatchSpanProcessor.prototype) as BatchSpanProcessor
  const locked = new Proxy(processor, {
    get(target, key) {
      if (typeof key === 'symbol') throw new Error('locked')
      return Reflect.get(target, key) as unknown
    },
  })
  const { onEnd } = processor
  expect(() => onEnd(createSpan(1))).not.toThrow()
  expect(() => bare.onEnd(createSpan(1))).not.toThrow()
  expect(() => locked.onEnd(createSpan(1))).not.toThrow()
})

test('a span whose resource cannot be read is exported all the same', async () => {
  const exporter = new KeepingExporter()
  const processor = new BatchSpanProcessor(exporter)
  const span = createSpan(1)
  Object.defineProperty(span, 'resource', {
    get() {
      throw new Error('no resource')
    },
  })
  processor.onEnd(span)
  await processor.shutdown()
  expect(exporter.numbers).toEqual([1])
})

test('no method of the exporter is ever on the stack of onEnd or onStart', async () => {
  const clock = new FakeClock()
  const exporter = new ClockedExporter(clock)
  exporter.stacks = []
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 64, maxExportBatchSize: 8, scheduledDelayMillis: 1 })
  let ended = 0
  for (let burst = 0; burst < 20; burst++) {
    for (let i = 0; i < 1 + burst * 8; i++) {
      processor.onStart(createSpan(ended), undefined)
      processor.onEnd(createSpan(ended++))
    }
    if (burst % 7 === 0) void processor.forceFlush()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await processor.shutdown()
  expect(exporter.calls.length).toBeGreaterThan(20)
  expect(exporter.log).toContain('forceFlush')
  expect(exporter.log).toContain('shutdown')
  for (const stack of exporter.stacks) expect(stack).not.toMatch(/\bon(End|Start)\b/)
})

test('with an incremental exporter only openBatch, add and close may be on the stack of onEnd', async () => {
  const exporter = new IncrementalDouble(new FakeClock(), 4)
  exporter.captureStacks = true
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 64, maxExportBatchSize: 8, scheduledDelayMillis: 1 })
  for (let i = 0; i < 500; i++) processor.onEnd(createSpan(i))
  await processor.forceFlush()
  for (let i = 0; i < 500; i++) processor.onEnd(createSpan(i))
  await processor.shutdown()
  const onStack = new Set(exporter.stacks.filter(({ stack }) => /\bonEnd\b/.test(stack)).map(({ what }) => what))
  expect(onStack).toEqual(new Set(['openBatch', 'add', 'close']))
  expect(processor.stats().exported).toBe(1000)
})

test('in a burst the work inside one onEnd is that of one span, from where the queue is all but full', () => {
  const exporter = new IncrementalDouble(new FakeClock(), 4)
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 128 })
  let added = 0
  exporter.onAdd = () => added++
  for (let i = 0; i < 500; i++) {
    added = 0
    processor.onEnd(createSpan(i))
    expect(added).toBe(i < 126 ? 0 : 1)
  }
})

test('and that of two where a span was refused or came in between, so that the queue does not fill', () => {
  const exporter = new IncrementalDouble(new FakeClock(), 4, { add: ['added', 'added', 'added', 'full'] })
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 64 })
  let added = 0
  exporter.onAdd = () => {
    // As a logger does that is traced itself.
    if (added++ === 0 && exporter.log.length % 5 === 0) processor.onEnd(createSpan(0))
  }
  for (let i = 0; i < 500; i++) {
    added = 0
    processor.onEnd(createSpan(i))
    expect(added).toBeLessThanOrEqual(2)
  }
  expect(processor.stats().dropped.queue_full).toBe(0)
})

test('a meter provider that throws does not stop anything', async () => {
  const provider = {
    getMeter() {
      throw new Error('meter')
    },
  } as unknown as MeterProvider
  const exporter = new KeepingExporter()
  const processor = new BatchSpanProcessor(exporter, { selfObsMeterProvider: provider })
  processor.onEnd(createSpan(1))
  await processor.shutdown()
  expect(exporter.numbers).toEqual([1])
})

test('a rejected flush that nobody looks at does not become an unhandled rejection', async () => {
  const unhandled: unknown[] = []
  const listener = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', listener)
  const processor = new BatchSpanProcessor({} as SpanExporter)
  processor.onEnd(createSpan(1))
  void processor.forceFlush()
  void processor.shutdown()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await settlePromises()
  process.off('unhandledRejection', listener)
  expect(unhandled).toEqual([])
})

test('an exporter that keeps its context and its call back does not keep the spans alive', async () => {
  const kept: unknown[] = []
  const exporter = new KeepingExporter()
  exporter.export = (_spans, callback) => {
    kept.push(callback, context.active())
    callback({ code: 0 })
  }
  const processor = new BatchSpanProcessor(exporter)
  const reference = endSpan(processor)
  await processor.forceFlush()
  await new Promise((resolve) => setTimeout(resolve, 5))
  ;(globalThis as unknown as { gc(): void }).gc()
  expect(kept.length).toBe(2)
  expect(reference.deref()).toBeUndefined()
})

/** In a function of its own, so that no register of the test keeps the span alive. */
function endSpan(processor: BatchSpanProcessor): WeakRef<object> {
  const span = createSpan(1)
  processor.onEnd(span)
  return new WeakRef(span)
}

test('an export does not run in the context of the request that filled the batch or woke the loop', async () => {
  const request = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  const exporter = new KeepingExporter()
  exporter.export = (_spans, callback) => {
    seen.push(request.getStore())
    callback({ code: 0 })
  }
  const processor = new BatchSpanProcessor(exporter, { maxExportBatchSize: 5, scheduledDelayMillis: 5 })
  for (const name of ['first', 'second']) {
    request.run(name, () => {
      for (let i = 0; i < 7; i++) processor.onEnd(createSpan(i))
    })
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
  await request.run('shutdown', () => processor.shutdown())
  expect(seen.length).toBeGreaterThan(2)
  expect(new Set(seen)).toEqual(new Set([undefined]))
})

test('what a nearly full queue makes onEnd do does not run in the context of the request either', () => {
  const request = new AsyncLocalStorage<string>()
  const exporter = new IncrementalDouble(new FakeClock(), 4)
  const seen = new Set<unknown>()
  exporter.onAdd = () => seen.add(request.getStore())
  const processor = new BatchSpanProcessor(exporter, { maxQueueSize: 16 })
  request.run('request', () => {
    for (let i = 0; i < 100; i++) processor.onEnd(createSpan(i))
  })
  expect(seen).toEqual(new Set([undefined]))
})

test('an error without a readable message does not stop the loop', async () => {
  const errors = [Object.assign(new Error(), { message: Symbol('no text') }), Object.create(null), undefined]
  const exporter = new KeepingExporter()
  exporter.export = (_spans, callback) => callback({ code: 1, error: errors.pop() as Error })
  const processor = new BatchSpanProcessor(exporter, { maxExportBatchSize: 1 })
  for (let i = 0; i < 3; i++) processor.onEnd(createSpan(i))
  await processor.forceFlush().catch(() => {})
  expect(processor.stats()).toMatchObject({ failed: { export_failed: 3 }, queued: 0 })
})

test('an object that claims to be a document does not break the constructor', () => {
  const fail = (): never => {
    throw new Error('document')
  }
  for (const descriptor of [{ value: {} }, { value: { addEventListener: fail } }, { get: fail }]) {
    Object.defineProperty(globalThis, 'document', { ...descriptor, configurable: true })
    expect(() => new BatchSpanProcessor(new KeepingExporter())).not.toThrow()
  }
  Reflect.deleteProperty(globalThis, 'document')
})
