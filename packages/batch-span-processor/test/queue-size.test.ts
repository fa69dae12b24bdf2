// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider, ObservableCallback } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import type { IncrementalSpanExporter } from '@spanring/core'
import { BatchSpanProcessor } from '../src/batch-span-processor.js'

const SPAN = { spanContext: () => ({ traceFlags: 1 }), resource: {} }

/** A meter provider that knows only what the processor says of its queue. */
function setup() {
  const callbacks: ObservableCallback[] = []
  const added: [name: string, value: number][] = []
  const instrument = (name: string) => ({
    add: (value: number) => void added.push([name, value]),
    addCallback: (callback: ObservableCallback) => callbacks.push(callback),
    removeCallback() {},
  })
  const meter = { createCounter: instrument, createUpDownCounter: instrument, createObservableUpDownCounter: instrument }
  const queueSize = (): number | undefined => {
    let size: number | undefined
    for (const callback of callbacks) void callback({ observe: (value: number) => (size = value) })
    return size
  }
  return { selfObsMeterProvider: { getMeter: () => meter } as unknown as MeterProvider, queueSize, added }
}

test('the queue holds spans as objects: what an incremental exporter has encoded is not in it', async () => {
  const { selfObsMeterProvider, queueSize } = setup()
  const silent: IncrementalSpanExporter = {
    maxConcurrentBatches: 1,
    openBatch: () => ({ spanCount: 0, byteLength: 0, add: () => 'added', send: () => new Promise(() => {}) }),
    export() {},
    shutdown: async () => {},
  }
  const processor = new BatchSpanProcessor(silent, {
    maxExportBatchSize: 2,
    selfObsMeterProvider,
  })
  for (let i = 0; i < 10; i++) processor.onEnd(SPAN as never)
  await expect.poll(() => processor.stats()).toMatchObject({ queued: 0, encoded: 8, inFlight: 2, queueCapacity: 2048 })
  expect(queueSize()).toBe(0)
  await processor.shutdown({ timeoutMillis: 10 }).catch(() => {})
})

test('the size of the queue is one number in stats and metric, and never over its capacity', async () => {
  const { selfObsMeterProvider, queueSize, added } = setup()
  const silent = { export() {}, shutdown: async () => {} }
  const options = { maxQueueSize: 6, maxExportBatchSize: 5, scheduledDelayMillis: 60_000, exportTimeoutMillis: 60_000 }
  const processor = new BatchSpanProcessor(silent, { ...options, selfObsMeterProvider })
  for (let i = 0; i < 20; i++) processor.onEnd(SPAN as never)
  // Six in the ring, and five in the batch that is being filled: none has left.
  expect(processor.stats()).toMatchObject({ queued: 11, encoded: 0, inFlight: 0, queueCapacity: 11, dropped: { queue_full: 9 } })
  expect(queueSize()).toBe(11)
  expect(added.find(([name]) => name === 'otel.sdk.processor.span.queue.capacity')?.[1]).toBe(11)
  await expect.poll(() => processor.stats()).toMatchObject({ queued: 6, inFlight: 5 })
  expect(queueSize()).toBe(6)
  await processor.shutdown({ timeoutMillis: 10 }).catch(() => {})
})
