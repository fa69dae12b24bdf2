// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { settledWithin } from '../transport/setup-transport.js'
import { setupExporter } from './setup-exporter.js'

const sink = await setupSharedSink()

test('headers that are given once are in every request', async () => {
  const { exportSpans } = setupExporter({ url: sink.url, headers: { 'x-key': 'k', 'x-number': 7 }, userAgent: 'my-shop/1.2' })
  for (let i = 0; i < 2; i++) {
    expect(await exportSpans(1)).toEqual({ code: 0 })
    expect((await sink.stats()).lastHeaders).toMatchObject({
      'x-key': 'k',
      'x-number': '7',
      'user-agent': expect.stringMatching(/^my-shop\/1.2 /) as string,
    })
  }
})

test('a function is asked for each batch, here in this thread, and outside of the context of whoever exports', async () => {
  const storage = new AsyncLocalStorage<string>()
  let calls = 0
  const headers = async () => {
    calls++
    await new Promise((resolve) => setTimeout(resolve, 5))
    return { 'x-call': calls, 'x-context': storage.getStore() ?? 'none' }
  }
  const { exportSpans } = setupExporter({ url: sink.url, headers })
  for (const call of ['1', '2', '3']) {
    expect(await storage.run('a request', () => exportSpans(1))).toEqual({ code: 0 })
    expect((await sink.stats()).lastHeaders).toMatchObject({ 'x-call': call, 'x-context': 'none' })
  }
})

test('a retry has the headers of its batch', async () => {
  await sink.script({ status: 503, times: 1 }, {})
  let calls = 0
  const retry = { initialBackoffMillis: 20, maxBackoffMillis: 20 }
  const { exportSpans } = setupExporter({ url: sink.url, headers: () => ({ 'x-call': ++calls }), retry })
  expect(await exportSpans(1)).toEqual({ code: 0 })
  expect(await sink.stats()).toMatchObject({ requests: 2, lastHeaders: expect.objectContaining({ 'x-call': '1' }) as object })
})

test('a function that fails costs its own batch, and shows no secret', async () => {
  const outcomes = [new Error('token s3cret-token has expired'), { 'x-token': 's3cret-token' }]
  const headers = async () => {
    const outcome = outcomes.shift()
    if (outcome instanceof Error) throw outcome
    return outcome ?? {}
  }
  const { exporter, exportSpans } = setupExporter({ url: sink.url, headers })
  const { code, error } = await exportSpans(3)
  expect(code).toBe(1)
  expect(error).toMatchObject({ code: 'headers' })
  expect(String(error)).not.toContain('s3cret')
  expect(await exportSpans(4)).toEqual({ code: 0 })
  expect(exporter.stats()).toMatchObject({ exported: 4, failed: { headers: 3 }, inFlight: 0, bufferedBytes: 0 })
})

test('a function that never settles costs its own batch its time, and no other', async () => {
  let calls = 0
  const headers = () => (++calls === 1 ? new Promise<never>(() => {}) : { 'x-call': calls })
  const { exporter, exportSpans } = setupExporter({ url: sink.url, headers, timeoutMillis: 500 })
  const first = settledWithin(500, () => exportSpans(3))
  expect(await exportSpans(4)).toEqual({ code: 0 })
  expect((await first).error).toMatchObject({ code: 'timeout' })
  expect(exporter.stats()).toMatchObject({ exported: 4, failed: { timeout: 3 }, inFlight: 0, bufferedBytes: 0 })
})
