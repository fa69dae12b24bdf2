// SPDX-License-Identifier: Apache-2.0
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import zlib from 'node:zlib'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSharedSink, setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { endedSpan, endedSpans } from '../ended-span.js'
import { hasThread, setupExporter } from './setup-exporter.js'

const sink = await setupSharedSink()
const SECRET = 's3cret-token'

test('requests leave from the thread that was asked for', async () => {
  const requests: unknown[] = []
  const note = (message: unknown): unknown => requests.push(message)
  subscribe('undici:request:create', note)
  onTestFinished(() => void unsubscribe('undici:request:create', note))
  const { exporter, exportSpans } = setupExporter({ url: sink.url })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(requests).toHaveLength(hasThread ? 0 : 1)
  expect(exporter.stats().requests).toBe(1)
})

test('a backend that asks for a pause is sent the batch again when it is over', async () => {
  await sink.script({ status: 429, headers: { 'retry-after': '1' }, times: 1 }, {})
  const { exporter, exportSpans } = setupExporter({ url: sink.url })
  const result = exportSpans(3)
  await until(async () => (await sink.stats()).refused === 3)
  const pausedAt = performance.now()
  expect(await result).toEqual({ code: 0 })
  // The sink has answered a moment before.
  expect(performance.now() - pausedAt).toBeGreaterThan(900)
  expect(exporter.stats()).toMatchObject({ exported: 3, failed: {}, requests: 2, backend: 'up' })
  expect(await sink.stats()).toMatchObject({ delivered: 3, requests: 2 })
})

test('the last attempt is made before the deadline, and counts, although the first one came late', async () => {
  const retry = { initialBackoffMillis: 60_000, maxBackoffMillis: 60_000, jitter: false }
  await sink.script({ status: 503, times: 1 }, {})
  const { exporter, exportSpans } = setupExporter({ url: sink.url, timeoutMillis: 1000, retry })
  expect(await exportSpans(3)).toEqual({ code: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 3, failed: {}, requests: 2 })
})

test('an outage is survived, and told with its beginning and its end', async () => {
  const lines = captureDiag()
  await sink.stopListening()
  onTestFinished(() => sink.listenAgain().catch(() => {}))
  const { exporter, exportSpans } = setupExporter({ url: sink.url, retry: { initialBackoffMillis: 50, maxBackoffMillis: 50 } })
  const results = Promise.all([exportSpans(3), exportSpans(4)])
  await until(() => exporter.stats().backend === 'down')
  expect(lines).toEqual([expect.stringMatching(/\[SPANRING_BACKEND_DOWN\] .* is down: .*ECONNREFUSED.*; trying again$/)])
  await sink.listenAgain()
  expect(await results).toEqual([{ code: 0 }, { code: 0 }])
  expect(exporter.stats()).toMatchObject({ exported: 7, failed: {}, inFlight: 0, bufferedBytes: 0, backend: 'up' })
  expect(lines.slice(1)).toEqual([expect.stringContaining(' is up again after ')])
})

test('a request that is too large for the backend is halved until it is taken', async () => {
  const small = await setupSink({ maxBodyBytes: 3000 })
  const { exporter, exportSpans } = setupExporter({ url: small.url })
  const { code, error } = await exportSpans([...endedSpans(50, 100), endedSpan(50, 4000), endedSpan(51)])
  expect(code).toBe(1)
  expect(error?.message).toContain('413')
  expect(exporter.stats()).toMatchObject({ exported: 51, failed: { too_large: 1 }, bufferedBytes: 0 })
  const { delivered, requests } = await small.stats()
  expect(delivered).toBe(51)
  expect(requests).toBe(exporter.stats().requests)
})

test('a partial success is counted, and what the backend says is passed on', async () => {
  const lines = captureDiag()
  await sink.script({ partialSuccess: { rejectedSpans: 2, errorMessage: 'too old' } }, {})
  const { exporter, exportSpans } = setupExporter({ url: sink.url })
  const { code, error } = await exportSpans(5)
  expect(code).toBe(1)
  expect(error).toMatchObject({ name: 'ExporterError', code: 'rejected', statusCode: 200 })
  expect(error?.message).toContain('too old')
  expect(exporter.stats()).toMatchObject({ exported: 3, failed: { rejected: 2 } })
  expect(lines).toEqual([expect.stringMatching(/\[SPANRING_SPANS_REJECTED\] .*too old/)])
})

test('a success that is none of OTLP is warned about', async () => {
  const lines = captureDiag()
  await sink.script({ body: 'please log in' })
  const { exporter, exportSpans } = setupExporter({ url: sink.url })
  expect((await exportSpans(5)).code).toBe(0)
  expect(exporter.stats()).toMatchObject({ exported: 5, failed: {} })
  expect(lines).toEqual([expect.stringContaining('[SPANRING_NOT_OTLP]')])
})

test('an error has its code, status and data, and none of the secrets that the backend repeats', async () => {
  await sink.script({ status: 400, body: `bad header: Bearer ${SECRET}, and ${'x'.repeat(1000)}` })
  const { exporter, exportSpans } = setupExporter({ url: sink.url, headers: { authorization: `Bearer ${SECRET}` } })
  const { error } = await exportSpans(5)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'ExporterError', code: 'http_400', statusCode: 400 })
  expect((error as { data?: string }).data).toContain('x'.repeat(1000))
  expect(JSON.stringify([error?.message, error, error?.stack])).not.toContain(SECRET)
  expect(exporter.stats()).toMatchObject({ exported: 0, failed: { http_400: 5 }, inFlight: 0, bufferedBytes: 0 })
  expect((await sink.stats()).lastHeaders).toMatchObject({ authorization: `Bearer ${SECRET}` })
})

test.each(['http/protobuf', 'http/json'] as const)('%s is compressed as the option says', async (protocol) => {
  const hasZstd = 'zstdCompress' in zlib
  for (const compression of hasZstd ? (['gzip', 'zstd'] as const) : (['gzip'] as const)) {
    const { exportSpans } = setupExporter({ url: sink.url, protocol, compression })
    expect(await exportSpans(500)).toEqual({ code: 0 })
    expect((await sink.stats()).lastHeaders).toMatchObject({ 'content-encoding': compression })
    expect((await sink.spans()).length).toBe(500)
    await sink.reset()
  }
})
