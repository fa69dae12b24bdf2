// SPDX-License-Identifier: Apache-2.0
import { MeterProvider, MetricReader } from '@spanring/sdk-2'
import { captureDiag } from '@spanring/test-kit/diag'
import { refusingUrl, setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { describe, expect, onTestFinished, test } from 'vitest'
import { setupWholePipeline } from './setup-whole-pipeline.js'

const INFLIGHT = 'otel.sdk.exporter.span.inflight'
const EXPORTED = 'otel.sdk.exporter.span.exported'
const DURATION = 'otel.sdk.exporter.operation.duration'
const SECRET = 's3cret-token'

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** A MeterProvider of the SDK, and what it has been told so far about the exporter. */
function setupMetrics() {
  const reader = new Reader()
  const provider = new MeterProvider({ readers: [reader] })
  onTestFinished(() => provider.shutdown())
  const collect = async () => {
    const { resourceMetrics } = await reader.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return Object.fromEntries(metrics.map((metric) => [metric.descriptor.name, metric]))
  }
  return { provider, collect }
}

describe('with the MeterProvider of the SDK', () => {
  test('the metrics of the exporter have the names, units and attributes of the conventions', async () => {
    const sink = await setupCountingSink()
    const { provider, collect } = setupMetrics()
    const { processor, end } = setupWholePipeline(sink.url, {}, { selfObsMeterProvider: provider })
    const component = {
      'otel.component.type': 'otlp_http_span_exporter',
      'otel.component.name': expect.stringMatching(/^otlp_http_span_exporter\/\d+$/),
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(sink.url).port),
    }

    await sink.script({ delayMillis: 100 })
    end(10)
    const flushed = processor.forceFlush()
    await until(async () => (await sink.stats()).waiting === 10)
    expect((await collect())[INFLIGHT]?.dataPoints).toEqual([expect.objectContaining({ value: 10, attributes: component })])
    await flushed
    await sink.script({ partialSuccess: { rejectedSpans: 2 } }, { status: 400 }, {})
    for (const count of [5, 7, 1]) {
      end(count)
      // oxlint-disable-next-line no-await-in-loop -- one answer after the other
      await processor.forceFlush().catch(() => {})
    }

    const metrics = await collect()
    expect(metrics[INFLIGHT]?.descriptor).toMatchObject({ unit: '{span}', valueType: 1 })
    expect(metrics[INFLIGHT]?.dataPoints.map(({ value }) => value)).toEqual([0])
    expect(metrics[EXPORTED]?.descriptor).toMatchObject({ unit: '{span}' })
    expect(metrics[EXPORTED]?.dataPoints.map(({ value, attributes }) => [value, attributes])).toEqual([
      [14, component],
      [2, { ...component, 'error.type': 'rejected' }],
      [7, { ...component, 'error.type': '400' }],
    ])
    expect(metrics[DURATION]?.descriptor).toMatchObject({ unit: 's' })
    const durations = metrics[DURATION]?.dataPoints.map(({ value, attributes }) => {
      const { count, sum } = value as { count: number; sum: number }
      return [count, sum > 0 && sum < 30, attributes]
    })
    expect(durations).toEqual([
      [2, true, { ...component, 'http.response.status_code': 200 }],
      [1, true, { ...component, 'http.response.status_code': 200, 'error.type': 'rejected' }],
      [1, true, { ...component, 'http.response.status_code': 400, 'error.type': '400' }],
    ])
  })

  test('a backend that cannot be reached has no status', async () => {
    const { provider, collect } = setupMetrics()
    const { processor, end } = setupWholePipeline(
      await refusingUrl(),
      {},
      { selfObsMeterProvider: provider, retry: { maxAttempts: 1 } },
    )
    end(4)
    await expect(processor.forceFlush()).rejects.toThrow()

    const metrics = await collect()
    expect(metrics[EXPORTED]?.dataPoints).toMatchObject([{ value: 4, attributes: { 'error.type': 'connection' } }])
    expect(metrics[DURATION]?.dataPoints[0]?.attributes).not.toHaveProperty('http.response.status_code')
  })
})

describe('what is said', () => {
  test('of an outage is one line when it starts and one when it ends, however many batches meet it', async () => {
    const lines = captureDiag()
    const sink = await setupCountingSink()
    await sink.script({ status: 503 })
    const { processor, exporter, end } = setupWholePipeline(
      sink.url,
      { maxExportBatchSize: 10 },
      { retry: { initialBackoffMillis: 50, maxBackoffMillis: 50 } },
    )
    end(200)
    await until(async () => (await sink.stats()).requests > 5)
    await sink.script()
    await until(() => exporter.stats().backend === 'up')
    await processor.forceFlush()

    expect(processor.stats()).toMatchObject({ exported: 200, failed: {} })
    expect(lines).toEqual([
      expect.stringMatching(/ is down: answered 503: the sink was told to answer 503; trying again$/),
      expect.stringMatching(/ is up again after /),
    ])
  })

  test('is never a secret, whatever goes wrong', async () => {
    const lines = captureDiag()
    const { provider, collect } = setupMetrics()
    const errors: unknown[] = []
    const sink = await setupCountingSink()
    const withSecrets = (url: string): string => url.replace('http://', `http://user:${SECRET}@`)
    const options = {
      headers: { authorization: `Bearer ${SECRET}`, 'x-api-key': SECRET },
      selfObsMeterProvider: provider,
      timeoutMillis: 500,
      retry: { initialBackoffMillis: 20, maxBackoffMillis: 20 },
    }
    const pipelines = [
      setupWholePipeline(withSecrets(sink.url), {}, options),
      setupWholePipeline(withSecrets(await refusingUrl()), {}, options),
      setupWholePipeline(sink.url, {}, { ...options, headers: () => Promise.reject(new Error(SECRET)) }),
    ]
    const replies = [
      { status: 401, body: SECRET },
      { status: 503, body: SECRET, times: 2 },
      { partialSuccess: { rejectedSpans: 1, errorMessage: SECRET } },
      { fault: 'never' as const },
      { fault: 'cut-before-headers' as const },
    ]
    for (const reply of replies) {
      await sink.script(reply)
      for (const { processor, end } of pipelines) {
        end(3)
        await processor.forceFlush({ timeoutMillis: 700 }).catch((error: unknown) => errors.push(error))
      }
    }
    for (const { processor } of pipelines) await processor.shutdown().catch((error: unknown) => errors.push(error))

    expect(errors.length).toBeGreaterThan(10)
    expect(lines.length).toBeGreaterThan(0)
    const said = [lines, errors.map((error) => [String(error), (error as Error).stack, JSON.stringify(error)]), await collect()]
    expect(JSON.stringify(said)).not.toContain(SECRET)
    expect(JSON.stringify(said)).not.toContain(Buffer.from(`user:${SECRET}`).toString('base64'))
    // It did arrive, where it belongs.
    expect((await sink.stats()).lastHeaders).toMatchObject({ 'x-api-key': SECRET })
  })
})
