// SPDX-License-Identifier: Apache-2.0
// What is said about a batch must reach it, also while the thread is only starting and the batch is still in the ring.
import { getEventListeners } from 'node:events'
import type { BatchOutcome } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { refusingUrl, setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { endedSpans } from './ended-spans.js'

const BATCHES = 5

function eachBatch<T extends object>(value: T): T[] {
  return Array.from({ length: BATCHES }, () => ({ ...value }))
}

/** Sends batches of 10 spans all at once, with the first of which the thread is started. */
function sendAll(options: OTLPTraceExporterOptions) {
  const exporter = new OTLPTraceExporter({ worker: true, ...options })
  onTestFinished(() => exporter.shutdown())
  const abort = new AbortController()
  const closing = new AbortController()
  const send = async (): Promise<BatchOutcome> => {
    const batch = exporter.openBatch(() => {})
    for (const span of endedSpans(10)) batch?.add(span)
    return batch!.send({ at: performance.now() + 60_000, signal: abort.signal, closing: closing.signal })
  }
  const outcomes = Promise.all(Array.from({ length: BATCHES }, send))
  return { exporter, abort, closing, send, outcomes }
}

test('batches that are closing make their last attempt, however many cross at once', async () => {
  const { closing, outcomes } = sendAll({ url: await refusingUrl(), timeoutMillis: 60_000 })
  closing.abort()
  expect((await outcomes).map(({ failed }) => failed)).toEqual(eachBatch({ connection: 10 }))
})

test('a shutdown lets all of them make it', async () => {
  const { exporter, outcomes } = sendAll({ url: await refusingUrl(), timeoutMillis: 60_000 })
  await exporter.shutdown()
  expect((await outcomes).map(({ failed }) => failed)).toEqual(eachBatch({ connection: 10 }))
})

test('batches that were aborted before the thread took them are not sent, and their memory is there again', async () => {
  const sink = await setupSink()
  const { exporter, abort, outcomes } = sendAll({ url: sink.url })
  abort.abort()
  expect((await outcomes).map(({ failed }) => failed)).toEqual(eachBatch({ aborted: 10 }))
  await until(() => exporter.stats().bufferedBytes === 0)
  expect(await sink.stats()).toMatchObject({ requests: 0 })
})

test('a batch that comes after the shutdown leaves no listener on the signals of its sender', async () => {
  const sink = await setupSink()
  const { exporter, abort, closing, send, outcomes } = sendAll({ url: sink.url })
  await outcomes
  await exporter.shutdown()
  expect((await send()).failed).toEqual({ already_shutdown: 10 })
  expect([abort, closing].map(({ signal }) => getEventListeners(signal, 'abort').length)).toEqual([0, 0])
})
