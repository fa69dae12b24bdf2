// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expectAccounted, sumOf } from '@spanring/test-kit/accounting'
import { listen } from '@spanring/test-kit/servers'
import { refusingUrl, setupCountingSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { describe, expect, test } from 'vitest'
import { endAtRate, setupWholePipeline } from './setup-whole-pipeline.js'

/** How late a bound may be met, in milliseconds, on two busy cores. */
const SLACK_MILLIS = 700

/** Hangs up on everybody after a moment, and counts how many were there at once. */
async function setupHangUp() {
  const server = createTcpServer((socket: Socket) => {
    counts.connections++
    counts.open++
    counts.mostOpen = Math.max(counts.mostOpen, counts.open)
    socket.on('error', () => {})
    socket.once('close', () => counts.open--)
    setTimeout(() => socket.resetAndDestroy(), 20)
  })
  const counts = { connections: 0, open: 0, mostOpen: 0 }
  const port = await listen(server)
  const close = (): Promise<unknown> => new Promise((resolve) => server.close(resolve))
  return { counts, port, close }
}

async function setupSilent(): Promise<string> {
  const sink = await setupCountingSink()
  await sink.script({ fault: 'never' })
  return sink.url
}

describe('an outage', () => {
  test.each([
    ['a backend that cannot be reached', () => refusingUrl()],
    ['a backend that does not answer', () => setupSilent()],
  ])('leaves all but one batch for each connection without a deadline: %s', async (_what, setup) => {
    const { processor, end } = setupWholePipeline(await setup(), { maxExportBatchSize: 100 })
    // The first batches find out.
    end(1000)
    await sleep(800)
    end(10_000)
    await until(() => processor.stats().queued === 0)
    expect(processor.stats()).toMatchObject({ inFlight: 3000, encoded: 8000 })
  })

  test('is probed by one connection at a time, ends by itself, and leaves every span counted', async () => {
    const { counts, port, close } = await setupHangUp()
    const { processor, exporter, end } = setupWholePipeline(
      `http://127.0.0.1:${port}/v1/traces`,
      { scheduledDelayMillis: 100 },
      { maxBufferedBytes: 2 ** 20, retry: { initialBackoffMillis: 200, maxBackoffMillis: 1000 } },
    )
    end(1)
    await until(() => exporter.stats().backend === 'down')
    let mostBuffered = 0
    const endAndLook = (count: number): void => {
      end(count)
      mostBuffered = Math.max(mostBuffered, exporter.stats().bufferedBytes)
    }
    await endAtRate(endAndLook, 20_000, 1500)

    expect(counts.connections).toBeGreaterThan(1)
    expect(counts.mostOpen).toBe(1)
    expect(mostBuffered).toBeLessThanOrEqual(2 ** 20)
    expect(processor.stats().dropped.queue_full).toBeGreaterThan(0)
    expectAccounted(processor.stats())

    await close()
    const sink = await setupCountingSink({ port })
    const backAt = performance.now()
    await until(() => exporter.stats().backend === 'up')
    expect(performance.now() - backAt).toBeLessThan(1000 + SLACK_MILLIS)
    await processor.forceFlush({ timeoutMillis: 10_000 }).catch(() => {})

    const stats = processor.stats()
    expectAccounted(stats)
    expect(stats).toMatchObject({ queued: 0, inFlight: 0 })
    expect(stats.exported + sumOf(stats.dropped) + sumOf(stats.failed)).toBe(stats.ended)
    // A batch that was cut may have arrived and be sent again, but here nobody has ever read one.
    expect(await sink.stats()).toMatchObject({ delivered: stats.exported, duplicates: 0 })
    expect(exporter.stats().exported).toBe(stats.exported)
  })

  test('of connections that are refused holds neither a flush nor a shutdown that come at the end', async () => {
    const { processor, exporter, end } = setupWholePipeline(await refusingUrl(), { maxExportBatchSize: 100 })
    end(5000)
    await until(() => exporter.stats().backend === 'down')

    const startedAt = performance.now()
    await Promise.allSettled([processor.forceFlush(), processor.shutdown()])

    expect(performance.now() - startedAt).toBeLessThan(500 + SLACK_MILLIS)
    const stats = processor.stats()
    expect(stats).toMatchObject({ ended: 5000, exported: 0, queued: 0, inFlight: 0 })
    expectAccounted(stats)
  })

  test('of 503 for ever is over with the last attempt of a shutdown', async () => {
    let lastAt = 0
    let requests = 0
    const server = createServer((request, response) => {
      lastAt = performance.now()
      requests++
      request.resume().once('end', () => response.writeHead(503).end())
    })
    const port = await listen(server)
    const { processor, end } = setupWholePipeline(`http://127.0.0.1:${port}/`, { maxExportBatchSize: 100 })
    end(1000)
    await until(() => requests > 0)

    const before = requests
    await expect(processor.shutdown()).rejects.toThrow('503')

    expect(requests).toBeGreaterThan(before)
    expect(performance.now() - lastAt).toBeLessThan(300 + SLACK_MILLIS)
    expect(processor.stats()).toMatchObject({ ended: 1000, queued: 0, inFlight: 0, failed: { http_503: 1000 } })
  })
})
