// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { SpanExporter } from '@spanring/batch-span-processor'
import { api, enableAsyncContext } from '@spanring/sdk-2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { setupPipeline } from './setup-pipeline.js'

const requestStorage = new AsyncLocalStorage<string>()

/** Published by `node:http` in the context of whoever sends a request. */
const REQUEST_START = 'http.client.request.start'

function onHttpRequest(listener: () => void): void {
  subscribe(REQUEST_START, listener)
  onTestFinished(() => void unsubscribe(REQUEST_START, listener))
}

describe('the export of a batch', () => {
  test.each([
    ['the batch is full', { maxExportBatchSize: 5 }, 5],
    ['the queue is nearly full', { maxExportBatchSize: 2, maxQueueSize: 8 }, 8],
    ['its delay is over', { scheduledDelayMillis: 10 }, 1],
    ['the request flushes', {}, 1],
  ])('does not run in the context of the request that caused it: %s', async (cause, config, spans) => {
    onTestFinished(enableAsyncContext())
    const seen: Record<string, unknown> = {}
    const look = (where: string): void => {
      seen[where] = requestStorage.getStore() ?? api.trace.getActiveSpan() ?? 'neutral'
    }
    onHttpRequest(() => look('http request'))
    const { sink, processor, tracer, end } = await setupPipeline(config, (exporter) => observed(exporter, look))

    await requestStorage.run('a request', () =>
      tracer.startActiveSpan('request', async () => {
        end(spans)
        if (cause === 'the request flushes') await processor.forceFlush()
        else await sink.waitForSpans(1)
        await processor.shutdown()
      }),
    )

    expect(seen).toEqual({ 'http request': 'neutral', export: 'neutral', forceFlush: 'neutral', shutdown: 'neutral' })
  })

  test('makes no spans of its own, although every HTTP request of the process is traced', async () => {
    onTestFinished(enableAsyncContext())
    const { sink, processor, tracer, end } = await setupPipeline({ scheduledDelayMillis: 10 })
    onHttpRequest(() => tracer.startSpan('HTTP request').end())
    await requestByTheApplication(sink.origin)
    end(2)

    for (let i = 0; i < 5; i++) {
      await processor.forceFlush()
      end(1)
    }
    await processor.forceFlush()

    const names = (await sink.spans()).map(({ name }) => name)
    expect(names.filter((name) => name === 'HTTP request')).toHaveLength(1)
    expect(names).toHaveLength(1 + 2 + 5)
  })
})

/** Through `node:http`, as the exporter does it; `fetch` is not published on that channel. */
async function requestByTheApplication(origin: string): Promise<void> {
  const { get } = await import('node:http')
  await new Promise<void>((resolve, reject) => {
    get(origin, (response) => response.resume().once('end', resolve)).once('error', reject)
  })
}

function observed(exporter: SpanExporter, look: (where: string) => void): SpanExporter {
  return {
    export(spans, done) {
      look('export')
      exporter.export(spans, done)
    },
    async forceFlush() {
      look('forceFlush')
      await exporter.forceFlush?.()
    },
    async shutdown() {
      look('shutdown')
      await exporter.shutdown()
    },
  }
}
