// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider, ObservableCallback } from '@opentelemetry/api'
import { expect, test } from 'vitest'
import { BatchSpanProcessor } from '../src/batch-span-processor.js'
import type { IncrementalSpanExporter } from '../src/span-exporter.js'

test('the metric of the queue’s size counts what its capacity limits, not what waits in batches of the exporter', async () => {
  const callbacks: ObservableCallback[] = []
  const instrument = { add() {}, addCallback: (callback: ObservableCallback) => callbacks.push(callback), removeCallback() {} }
  const meter = {
    createCounter: () => instrument,
    createUpDownCounter: () => instrument,
    createObservableUpDownCounter: () => instrument,
  }
  const silent: IncrementalSpanExporter = {
    maxConcurrentBatches: 1,
    openBatch: () => ({ spanCount: 0, byteLength: 0, add: () => 'added', send: () => new Promise(() => {}) }),
    export() {},
    shutdown: async () => {},
  }
  const processor = new BatchSpanProcessor(silent, {
    maxExportBatchSize: 2,
    selfObsMeterProvider: { getMeter: () => meter } as unknown as MeterProvider,
  })
  const span = { spanContext: () => ({ traceFlags: 1 }), resource: {} }
  for (let i = 0; i < 10; i++) processor.onEnd(span as never)
  await expect.poll(() => processor.stats()).toMatchObject({ queued: 8, inFlight: 2 })
  await expect
    .poll(() => {
      let size: number | undefined
      for (const callback of callbacks) void callback({ observe: (value: number) => (size = value) })
      return size
    })
    .toBe(0)
  await processor.shutdown({ timeoutMillis: 10 }).catch(() => {})
})
