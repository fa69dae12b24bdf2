// SPDX-License-Identifier: Apache-2.0
import { BatchSpanProcessor } from '@spanring/batch-span-processor'
import type { BufferConfig } from '@spanring/batch-span-processor'
import { createStockExporter } from '@spanring/sdk-2'
import { startSink } from '@spanring/sink'
import { accountedFor, sumOf } from '@spanring/test-kit/accounting'
import { endSpans, tracerOf } from '@spanring/test-kit/spans'
import { describe, expect, test } from 'vitest'
import { setupPipeline } from './setup-pipeline.js'

/** How late a bound may be met, in milliseconds, on two busy cores. */
const SLACK_MILLIS = 250

async function setupRefused(config: BufferConfig): Promise<BatchSpanProcessor> {
  const sink = await startSink()
  await sink.close()
  // Nobody listens there any more. The exporter tries again for its own 10 s.
  const processor = new BatchSpanProcessor(createStockExporter('http/protobuf', sink.url), config)
  endSpans(tracerOf(processor), 25)
  return processor
}

/** How the promise ends, and after how many milliseconds. */
async function timed(work: () => Promise<void>): Promise<{ outcome: string; millis: number }> {
  const startedAt = performance.now()
  const outcome = await work().then(
    () => 'resolved',
    () => 'rejected',
  )
  return { outcome, millis: performance.now() - startedAt }
}

describe('a backend that refuses connections', () => {
  test('does not hold a flush beyond the export time-out, and every span stays counted', async () => {
    const processor = await setupRefused({ maxExportBatchSize: 10, exportTimeoutMillis: 300 })

    const flush = await timed(() => processor.forceFlush())

    expect(flush.outcome).toBe('rejected')
    expect(flush.millis).toBeLessThan(300 + SLACK_MILLIS)
    expect(accountedFor(processor.stats())).toBe(25)
    await processor.shutdown({ timeoutMillis: 100 }).catch(() => {})
  })

  test('does not hold a flush beyond its own limit, and the spans stay queued', async () => {
    const processor = await setupRefused({ maxExportBatchSize: 10 })

    const flush = await timed(() => processor.forceFlush({ timeoutMillis: 200 }))

    expect(flush.outcome).toBe('rejected')
    expect(flush.millis).toBeLessThan(200 + SLACK_MILLIS)
    expect(processor.stats()).toMatchObject({ queued: 15, inFlight: 10 })
    await processor.shutdown({ timeoutMillis: 100 }).catch(() => {})
  })

  test('does not hold a shutdown beyond its limit, and every span is counted as lost', async () => {
    const processor = await setupRefused({ maxExportBatchSize: 10 })

    const shutdown = await timed(() => processor.shutdown({ timeoutMillis: 400 }))

    expect(shutdown.outcome).toBe('rejected')
    expect(shutdown.millis).toBeLessThan(400 + SLACK_MILLIS)
    const { queued, inFlight, exported, dropped, failed } = processor.stats()
    expect({ queued, inFlight, exported }).toEqual({ queued: 0, inFlight: 0, exported: 0 })
    expect(sumOf(dropped) + sumOf(failed)).toBe(25)
  })
})

describe('a backend that takes requests and never answers', () => {
  test('costs the batches that met it and no others', async () => {
    const { sink, processor, end } = await setupPipeline({ maxExportBatchSize: 10, exportTimeoutMillis: 200 })
    await sink.script({ fault: 'never', times: 1 })
    end(30)

    await expect(processor.forceFlush({ timeoutMillis: 1000 })).rejects.toThrow()

    expect(processor.stats()).toMatchObject({ ended: 30, exported: 20, failed: { timeout: 10 }, queued: 0, inFlight: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 20 })
  })
})
