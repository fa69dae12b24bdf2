// SPDX-License-Identifier: Apache-2.0
import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { send, sendJson } from './http-client.js'
import { fullJson } from './otlp/full-request.js'
import { setupSink } from './setup-sink.js'
import { block, int, requestWith } from './wire.js'

const broken = { code: 'ECONNRESET' }

test('a scripted status carries a google.rpc.Status and the scripted headers', async () => {
  const sink = await setupSink()
  await sink.script({ status: 429, headers: { 'Retry-After': '7' } })
  const { status, headers, body } = await send(sink.url, requestWith(3))
  expect(status).toBe(429)
  expect(headers).toMatchObject({
    'retry-after': '7',
    'content-type': 'application/x-protobuf',
    'content-length': String(body.length),
  })
  expect(body).toEqual(Buffer.concat([int(1, 14), block(2, 'the sink was told to answer 429')]))
  expect(await sink.stats()).toMatchObject({ received: 3, refused: 3, delivered: 0 })
  expect(await sink.spans()).toEqual([])
})

test('a partial success names the rejected spans in protobuf, and those are not delivered', async () => {
  const sink = await setupSink()
  await sink.script({ partialSuccess: { rejectedSpans: 2, errorMessage: 'no room' } })
  const { status, body } = await send(sink.url, requestWith(5))
  expect(status).toBe(200)
  expect(body).toEqual(block(1, int(1, 2), block(2, 'no room')))
  expect((await sink.spans()).map(({ name }) => name)).toEqual(['span 1', 'span 2', 'span 3'])
  expect(await sink.stats()).toMatchObject({ received: 5, delivered: 3, rejected: 2, refused: 0 })
})

test('a partial success in JSON has its count as a string', async () => {
  const sink = await setupSink()
  await sink.script({ partialSuccess: { rejectedSpans: 1 } })
  const { body } = await sendJson(sink.url, fullJson)
  expect(JSON.parse(body.toString())).toEqual({ partialSuccess: { rejectedSpans: '1' } })
  expect(await sink.stats()).toMatchObject({ delivered: 0, rejected: 1 })
})

test('a body takes the place of the usual one, and a header of its own that of ours', async () => {
  const sink = await setupSink()
  await sink.script({ status: 502, body: '<html>', headers: { 'Content-Type': 'text/html' } }, { body: Buffer.from([1, 2]) })
  const first = await send(sink.url, requestWith(1))
  expect({ status: first.status, type: first.headers['content-type'], body: first.body.toString() }).toEqual({
    status: 502,
    type: 'text/html',
    body: '<html>',
  })
  expect((await send(sink.url, requestWith(1))).body).toEqual(Buffer.from([1, 2]))
})

test('an oversized body has the size that was asked for', async () => {
  const sink = await setupSink()
  await sink.script({ status: 500, bodyBytes: 1_000_000 }, { bodyBytes: 3_000_000 })
  expect((await send(sink.url, requestWith(1))).body).toHaveLength(1_000_000)
  expect((await send(sink.url, requestWith(1))).body).toHaveLength(3_000_000)
  expect(await sink.stats()).toMatchObject({ refused: 1, delivered: 1 })
})

test('an answer waits for its delay, and the spans are not delivered before', async () => {
  const sink = await setupSink()
  await sink.script({ delayMillis: 80 })
  const before = performance.now()
  const answer = send(sink.url, requestWith(2))
  await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(2)
  expect(await sink.spans()).toEqual([])
  await answer
  expect(performance.now() - before).toBeGreaterThan(75)
  expect(await sink.stats()).toMatchObject({ waiting: 0, delivered: 2 })
})

test('a sender that goes away during the delay has not delivered its spans', async () => {
  const sink = await setupSink()
  await sink.script({ delayMillis: 60_000 })
  const abort = new AbortController()
  const answer = send(sink.url, requestWith(2), { signal: abort.signal })
  await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(2)
  abort.abort()
  await expect(answer).rejects.toThrow('aborted')
  await expect.poll(async () => (await sink.stats()).unanswered, { interval: 2 }).toBe(2)
  expect(await sink.stats()).toMatchObject({ waiting: 0, delivered: 0 })
})

test('never: the request is read and not answered', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'never' })
  const abort = new AbortController()
  const answer = send(sink.url, requestWith(2), { signal: abort.signal })
  await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(2)
  abort.abort()
  await expect(answer).rejects.toThrow('aborted')
  await expect.poll(async () => (await sink.stats()).unanswered, { interval: 2 }).toBe(2)
})

test('drip: status and headers at once, with which the spans are delivered, then byte after byte', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'drip', dripBytes: 4, dripEveryMillis: 20 })
  const before = performance.now()
  let headersAfter = Infinity
  let deliveredAtHeaders: Promise<number> | undefined
  const { body } = await send(sink.url, requestWith(1), {
    onHeaders: () => {
      headersAfter = performance.now() - before
      deliveredAtHeaders = sink.stats().then(({ delivered }) => delivered)
    },
  })
  const took = performance.now() - before
  expect(body).toEqual(Buffer.from('    '))
  expect(await deliveredAtHeaders).toBe(1)
  expect(took).toBeGreaterThan(75)
  expect(took - headersAfter).toBeGreaterThan(50)
  expect(await sink.stats()).toMatchObject({ delivered: 1, unanswered: 0 })
})

test('drip: a scripted body and status can drip too', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'drip', status: 503, body: 'slow', dripEveryMillis: 1 })
  const { status, body } = await send(sink.url, requestWith(1))
  expect({ status, body: body.toString() }).toEqual({ status: 503, body: 'slow' })
  expect(await sink.stats()).toMatchObject({ refused: 1, delivered: 0 })
})

test('drip: a sender that loses patience has delivered its spans: it was told so', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'drip', dripEveryMillis: 5 })
  const abort = new AbortController()
  const answer = send(sink.url, requestWith(1), { signal: abort.signal, onHeaders: () => setTimeout(() => abort.abort(), 20) })
  await expect(answer).rejects.toThrow('aborted')
  expect(await sink.stats()).toMatchObject({ delivered: 1, unanswered: 0 })
})

test('cut-before-headers: the request is read, and the connection breaks', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'cut-before-headers' })
  await expect(send(sink.url, requestWith(2))).rejects.toMatchObject(broken)
  expect(await sink.stats()).toMatchObject({ received: 2, unanswered: 2, delivered: 0, openConnections: 0 })
})

test('cut-after-headers: the answer begins, the connection breaks, and the status holds', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'cut-after-headers', status: 200 })
  let status = 0
  await expect(send(sink.url, requestWith(2), { onHeaders: (seen) => (status = seen) })).rejects.toMatchObject(broken)
  expect(status).toBe(200)
  expect(await sink.stats()).toMatchObject({ delivered: 2, unanswered: 0 })
  expect(await sink.spans()).toHaveLength(2)
})

test('cut-in-request: the connection breaks while the body is being sent', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'cut-in-request' })
  await expect(send(sink.url, Buffer.alloc(20_000_000))).rejects.toMatchObject({
    code: expect.stringMatching(/ECONNRESET|EPIPE/),
  })
  const { received, bytesOnTheWire, requests } = await sink.stats()
  expect({ received, requests }).toEqual({ received: 0, requests: 1 })
  expect(bytesOnTheWire).toBeLessThan(10_000_000)
})

test('a fault can come late', async () => {
  const sink = await setupSink()
  await sink.script({ fault: 'cut-before-headers', delayMillis: 50 })
  const before = performance.now()
  await expect(send(sink.url, requestWith(1))).rejects.toMatchObject(broken)
  expect(performance.now() - before).toBeGreaterThan(45)
})
