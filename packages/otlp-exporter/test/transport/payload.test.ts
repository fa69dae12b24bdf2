// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import * as zlib from 'node:zlib'
import manifest from '../../package.json' with { type: 'json' }
import { captureDiag } from '@spanring/test-kit/diag'
import { listen } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { VERSION } from '../../src/transport/request/request-headers.js'
import { PlainBatch } from './plain-batch.js'
import { setupTransport } from './setup-transport.js'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly url: string | undefined
  readonly body: Buffer
}

/** A server that keeps what it gets and answers as told. */
async function setupServer(answer: (response: ServerResponse) => void = (response) => response.end()) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, url: request.url, body: Buffer.concat(chunks) })
      answer(response)
    })
  })
  return { received, origin: `http://127.0.0.1:${await listen(server)}` }
}

test('one request is one buffer with its length, and says what it is and who sent it', async () => {
  const { received, origin } = await setupServer()
  const { send } = setupTransport({ url: `${origin}/base/v1/traces?team=7`, userAgent: 'shop/2.1', headers: { 'X-Key': 'k' } })
  const batch = new PlainBatch(3)
  expect(await send(batch)).toEqual({ exported: 3, failed: {} })
  expect(received).toEqual([
    {
      url: '/base/v1/traces?team=7',
      body: batch.assemble(0, 3).bytes,
      headers: {
        host: new URL(origin).host,
        connection: 'keep-alive',
        'content-type': 'application/x-protobuf',
        'content-length': String(batch.byteLength),
        'user-agent': `shop/2.1 spanring-OTLP-Exporter-JavaScript/${VERSION}`,
        'x-key': 'k',
      },
    },
  ])
  expect(batch.isReleased).toBe(false)
})

test('the version in the user agent is that of the package', () => {
  expect(VERSION).toBe(manifest.version)
})

test('an empty batch is exported without a request', async () => {
  const { received, origin } = await setupServer()
  const { send, finished } = setupTransport({ url: origin })
  expect(await send(0)).toEqual({ exported: 0, failed: {} })
  expect(received).toEqual([])
  expect(finished).toEqual([expect.objectContaining({ spanCount: 0, attemptCount: 0, statusCode: undefined })])
})

for (const [size, nameLength] of [
  ['small', 10],
  ['large', 5000],
] as const) {
  test(`a ${size} body is compressed and has the length of what is sent`, async () => {
    const { received, origin } = await setupServer()
    const { send } = setupTransport({ url: origin, compression: 'gzip', protocol: 'http/json' })
    const batch = new PlainBatch(3, nameLength)
    await send(batch)
    const [request] = received
    expect(request?.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' })
    expect(request?.headers['content-length']).toBe(String(request?.body.byteLength))
    expect(zlib.gunzipSync(request?.body ?? '')).toEqual(batch.assemble(0, 3).bytes)
  })
}

test.skipIf(!('zstdDecompressSync' in zlib))('zstd compresses where Node.js has it', async () => {
  const { received, origin } = await setupServer()
  const { send } = setupTransport({ url: origin, compression: 'zstd' })
  const batches = [new PlainBatch(1), new PlainBatch(2, 5000)]
  for (const batch of batches) expect((await send(batch)).exported).toBe(batch.spanCount)
  const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync(bytes: Uint8Array): Buffer }
  expect(received.map(({ body }) => zstdDecompressSync(body))).toEqual(
    batches.map((batch) => batch.assemble(0, batch.spanCount).bytes),
  )
})

test('413 halves the batch, in order, down to one span, which counts as too large', async () => {
  const sink = await setupSink({ maxBodyBytes: 400 })
  const { send, finished } = setupTransport({ url: sink.url })
  const batch = new PlainBatch(8, 100)
  expect(await send(batch)).toEqual({ exported: 8, failed: {} })
  const names = (await sink.spans()).map(({ spanId }) => spanId)
  expect(names).toEqual(names.toSorted())
  expect((await sink.stats()).deliveredTwice).toBe(0)

  const outcome = await send(new PlainBatch(3, 1000))
  expect(outcome.failed).toEqual({ too_large: 3 })
  expect(outcome.error).toMatchObject({ code: 'too_large', statusCode: 413 })
  expect(finished.at(-1)).toMatchObject({ errorType: 'too_large', statusCode: 413, attemptCount: 5 })
})

test('maxRequestBytes divides before anything is sent, and a single span over it never is', async () => {
  const sink = await setupSink()
  const { send, counts } = setupTransport({ url: sink.url, maxRequestBytes: 400 })
  const batch = new PlainBatch(8, 100)
  expect(await send(batch)).toEqual({ exported: 8, failed: {} })
  expect((await sink.stats()).requests).toBe(counts.attempts)
  expect(batch.assembled).not.toContainEqual([0, 8])
  expect((await send(new PlainBatch(2, 1000))).failed).toEqual({ too_large: 2 })
  expect((await sink.stats()).requests).toBe(counts.attempts)
})

for (const protocol of ['http/protobuf', 'http/json'] as const) {
  test(`${protocol}: rejected spans count, the request is not sent again, and one line says why`, async () => {
    const sink = await setupSink()
    const lines = captureDiag()
    const { send, counts, finished } = setupTransport({ url: sink.url, headers: { authorization: 'Bearer t0ken-secret' } })
    await sink.script({ partialSuccess: { rejectedSpans: 2, errorMessage: 'no, t0ken-secret' } })
    const outcome = await send(5)
    expect(outcome).toMatchObject({ exported: 3, failed: { rejected: 2 } })
    expect(await send(5)).toMatchObject({ exported: 3, failed: { rejected: 2 } })
    expect(counts.attempts).toBe(2)
    expect(finished[0]).toMatchObject({ errorType: 'rejected', statusCode: 200 })
    expect(lines).toEqual([expect.stringMatching(/rejected 2 of 5 spans: no, …$/)])
  })
}

test('a warning without rejected spans is said and counts nothing; an answer that is none counts as taken', async () => {
  const bodies = ['{"partialSuccess":{"rejectedSpans":"0","errorMessage":"slow down"}}', '{"partialSuccess":', '[]', '']
  const { origin } = await setupServer((response) => response.setHeader('content-type', 'application/json').end(bodies.shift()))
  const lines = captureDiag()
  const { send } = setupTransport({ url: origin, protocol: 'http/json' })
  for (let count = 0; count < 4; count++) expect(await send(2)).toEqual({ exported: 2, failed: {} })
  expect(lines).toEqual([
    expect.stringContaining('accepted the spans with a warning: slow down'),
    expect.stringContaining('is not an OTLP response: {"partialSuccess":;'),
  ])
})

test('a compressed answer is read, and bounded after decompression: its status says that the spans were taken', async () => {
  const lines = captureDiag()
  const bomb = gzipSync(Buffer.alloc(2_000_000))
  const bodies = [gzipSync('{"partialSuccess":{"rejectedSpans":1}}'), bomb]
  const { origin } = await setupServer((response) => {
    response.setHeader('content-type', 'application/json').setHeader('content-encoding', 'gzip').end(bodies.shift())
  })
  expect(bomb.byteLength).toBeLessThan(10_000)
  const { send } = setupTransport({ url: origin, maxResponseBytes: 1_000_000 })
  expect(await send(2)).toMatchObject({ exported: 1, failed: { rejected: 1 } })
  expect(await send(2)).toEqual({ exported: 2, failed: {} })
  expect(lines.at(-1)).toContain('it has more than maxResponseBytes (1000000) bytes')
})

test('a connection is kept, one for each request under way and no more than the limit', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, concurrencyLimit: 3, httpAgentOptions: { ca: 'unused', maxSockets: 10 } })
  for (let count = 0; count < 4; count++) await send()
  expect((await sink.stats()).connections).toBe(1)
  await sink.script({ delayMillis: 50 })
  const outcomes = await Promise.all(Array.from({ length: 9 }, () => send()))
  expect(outcomes.every(({ exported }) => exported === 1)).toBe(true)
  expect((await sink.stats()).connections).toBe(3)
})

test('keepAlive: false closes the connection after each request', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, httpAgentOptions: { keepAlive: false } })
  for (let count = 0; count < 3; count++) expect((await send()).exported).toBe(1)
  expect((await sink.stats()).connections).toBe(3)
})

test('a hook that throws fails nothing, and an encoder that throws fails its own batch', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url })
  const broken = Object.assign(new PlainBatch(2), {
    assemble: () => {
      throw new Error('no bytes')
    },
  })
  expect((await send(broken)).failed).toEqual({ internal: 2 })
  expect((await send()).exported).toBe(1)
})

test('a batch that nobody waited for any more does not end compression for those that follow', async () => {
  const { received, origin } = await setupServer()
  const { send, transport } = setupTransport({ url: `${origin}/`, compression: 'gzip' })
  const aborted = AbortSignal.abort()
  const deadline = { at: Infinity, signal: aborted, closing: new AbortController().signal }
  expect((await transport.sendBatch(new PlainBatch(100, 1000), deadline)).failed).toEqual({ aborted: 100 })
  expect((await send(new PlainBatch(100, 1000))).exported).toBe(100)
  expect(received.map(({ headers }) => headers['content-encoding'])).toEqual(['gzip'])
})

for (const [form, headers] of [
  ['a function', () => ({ 'X-Scope-OrgID': 12_345, sampled: true })],
  ['an async function', async () => ({ 'X-Scope-OrgID': 12_345, sampled: true })],
  ['an object', { 'X-Scope-OrgID': 12_345, sampled: true }],
] as const) {
  test(`numbers and booleans in headers arrive as text, given by ${form}`, async () => {
    const sink = await setupSink()
    const { send } = setupTransport({ url: sink.url, headers })
    expect((await send()).exported).toBe(1)
    expect((await sink.stats()).lastHeaders).toMatchObject({ 'x-scope-orgid': '12345', sampled: 'true' })
  })
}
