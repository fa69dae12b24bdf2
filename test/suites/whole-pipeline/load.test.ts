// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import { expectAccounted } from '@spanring/test-kit/accounting'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import { endAtRate, setupWholePipeline } from './setup-whole-pipeline.js'

const NOTHING_DROPPED = { queue_full: 0, already_shutdown: 0, shutdown: 0, invalid_span: 0 }

describe('nothing is lost', () => {
  test('of bursts of 4,000 spans in one stretch, with default options', async () => {
    const sink = await setupCountingSink()
    const { processor, end } = setupWholePipeline(sink.url)
    for (let burst = 0; burst < 3; burst++) {
      end(4000)
      // oxlint-disable-next-line no-await-in-loop -- one burst after the other
      await sleep(200)
    }
    await processor.forceFlush()

    expect(processor.stats()).toMatchObject({ ended: 12_000, exported: 12_000, dropped: NOTHING_DROPPED, failed: {} })
    expect(await sink.stats()).toMatchObject({ delivered: 12_000, duplicates: 0 })
  })

  test('of 20,000 spans in one stretch, ten times what the queue holds', async () => {
    const sink = await setupCountingSink()
    const { processor, exporter, end } = setupWholePipeline(sink.url, { maxQueueSize: 2048 })
    end(20_000)
    const { queued, encoded, dropped } = processor.stats()
    expect({ waiting: queued + encoded, dropped }).toEqual({ waiting: 20_000, dropped: NOTHING_DROPPED })
    expect(exporter.stats().bufferedBytes).toBeLessThanOrEqual(32 * 2 ** 20)
    await processor.forceFlush()

    expect(processor.stats()).toMatchObject({ exported: 20_000, dropped: NOTHING_DROPPED, failed: {} })
    expect(await sink.stats()).toMatchObject({ delivered: 20_000, duplicates: 0 })
  })

  test('of a full queue of 32,768 spans that is flushed', async () => {
    const sink = await setupCountingSink()
    const { processor, end } = setupWholePipeline(sink.url, { maxQueueSize: 32_768 })
    end(32_768)
    await processor.forceFlush()

    expect(processor.stats()).toMatchObject({ exported: 32_768, dropped: NOTHING_DROPPED, failed: {}, queued: 0, inFlight: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 32_768, duplicates: 0 })
  })

  test('behind a backend that answers after 100 ms, at 10,000 spans a second', async () => {
    const sink = await setupCountingSink()
    await sink.script({ delayMillis: 100 })
    const { processor, end } = setupWholePipeline(sink.url)
    const ended = await endAtRate(end, 10_000, 1000)
    await processor.forceFlush()

    expect(ended).toBe(10_000)
    expect(processor.stats()).toMatchObject({ ended, exported: ended, dropped: NOTHING_DROPPED, failed: {} })
    expect(await sink.stats()).toMatchObject({ delivered: ended, duplicates: 0 })
  })
})

describe('a backend that takes everything and answers nothing', () => {
  test('never has more than maxBufferedBytes held; then the queue fills, and what it has no room for is counted', async () => {
    const maxBufferedBytes = 2 ** 19
    const sink = await setupCountingSink()
    await sink.script({ fault: 'never' })
    const { processor, exporter, end } = setupWholePipeline(sink.url, { exportTimeoutMillis: 500 }, { maxBufferedBytes })
    let mostBuffered = 0
    const endAndLook = (count: number): void => {
      for (let i = 0; i < count; i++) {
        end(1)
        mostBuffered = Math.max(mostBuffered, exporter.stats().bufferedBytes)
      }
    }
    await endAtRate(endAndLook, 20_000, 2000)

    expect(mostBuffered).toBeLessThanOrEqual(maxBufferedBytes)
    expect(mostBuffered).toBeGreaterThan(0)
    const stats = processor.stats()
    expect(stats.dropped.queue_full).toBeGreaterThan(0)
    expect(stats.failed['timeout']).toBeGreaterThan(0)
    expectAccounted(stats)

    await sink.script()
    await expect(processor.forceFlush({ timeoutMillis: 10_000 })).rejects.toThrow()
    const { exported, queued, inFlight } = processor.stats()
    expect({ queued, inFlight }).toEqual({ queued: 0, inFlight: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: exported, duplicates: 0 })
    expectAccounted(processor.stats())
  })

  test('has no more connections than the limit', async () => {
    const sink = await setupCountingSink()
    await sink.script({ delayMillis: 50 })
    const { processor, end } = setupWholePipeline(sink.url, { maxExportBatchSize: 10 }, { concurrencyLimit: 3 })
    let mostOpen = 0
    const look = async (): Promise<void> => {
      mostOpen = Math.max(mostOpen, (await sink.stats()).openConnections)
    }
    await endAtRate(
      (count) => {
        end(count)
        void look()
      },
      1000,
      1000,
    )
    await processor.forceFlush()
    await look()

    expect(mostOpen).toBe(3)
    expect(await sink.stats()).toMatchObject({ delivered: 1000, connections: 3 })
  })
})
