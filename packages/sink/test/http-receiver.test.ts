// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import * as zlib from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { send, sendJson } from './http-client.js'
import { fullBytes, fullJson, fullSpan } from './otlp/full-request.js'
import { setupSink } from './setup-sink.js'
import { block, int, requestWith } from './wire.js'

test('an export in protobuf is answered with an empty response in protobuf', async () => {
  const sink = await setupSink()
  const { status, headers, body } = await send(sink.url, fullBytes)
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'application/x-protobuf', 'content-length': '0' })
  expect(body).toHaveLength(0)
  expect(await sink.spans()).toStrictEqual([fullSpan])
})

test('an export in JSON is answered in JSON and becomes the same spans', async () => {
  const sink = await setupSink()
  const { status, headers, body } = await sendJson(sink.url, fullJson, { 'content-type': 'application/json; charset=utf-8' })
  expect(status).toBe(200)
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '2' })
  expect(body.toString()).toBe('{}')
  expect(await sink.spans()).toStrictEqual([fullSpan])
})

test.each([
  ['gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
])('a body in %s is decompressed', async (encoding, compress) => {
  const sink = await setupSink()
  const request = requestWith(100)
  await send(sink.url, compress(request), { headers: { 'content-encoding': encoding } })
  const { delivered, bytesDecoded, bytesOnTheWire } = await sink.stats()
  expect({ delivered, bytesDecoded }).toEqual({ delivered: 100, bytesDecoded: request.length })
  expect(bytesOnTheWire).toBeLessThan(request.length)
})

test.skipIf('zstdCompressSync' in zlib)('zstd is refused where Node.js does not have it', async () => {
  const sink = await setupSink()
  const { status, headers } = await send(sink.url, fullBytes, { headers: { 'content-encoding': 'zstd' } })
  expect({ status, accepted: headers['accept-encoding'] }).toEqual({ status: 415, accepted: 'gzip, deflate' })
})

test('an unknown encoding is refused, and the answer names those that are not', async () => {
  const sink = await setupSink()
  const { status, headers } = await send(sink.url, fullBytes, { headers: { 'content-encoding': 'br' } })
  expect(status).toBe(415)
  expect(headers['accept-encoding']).toMatch(/^gzip, deflate/)
  expect((await sink.stats()).refusals).toEqual({ 'content-encoding': 1 })
})

test('another content type is refused with a google.rpc.Status', async () => {
  const sink = await setupSink()
  const { status, headers, body } = await send(sink.url, fullBytes, { headers: { 'content-type': 'text/plain' } })
  expect(status).toBe(415)
  expect(headers['content-type']).toBe('application/json')
  expect(JSON.parse(body.toString())).toEqual({ code: 3, message: 'content-type is text/plain' })
  expect(await sink.stats()).toMatchObject({ received: 0, refusals: { 'content-type': 1 } })
})

test('a malformed body is refused in its own encoding, and the connection serves the next request', async () => {
  const sink = await setupSink()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => {
    agent.destroy()
  })
  const bad = await send(sink.url, Buffer.from('rubbish'), { agent })
  expect(bad.status).toBe(400)
  expect(bad.headers['content-type']).toBe('application/x-protobuf')
  expect(bad.body.subarray(0, 3)).toEqual(Buffer.concat([int(1, 3), Buffer.from([0x12])]))
  expect(bad.body.toString()).toContain('not an OTLP trace request')
  const badJson = await send(sink.url, '{', { agent, headers: { 'content-type': 'application/json' } })
  expect(JSON.parse(badJson.body.toString())).toMatchObject({ code: 3, message: expect.stringContaining('not JSON') })
  const badGzip = await send(sink.url, fullBytes, { agent, headers: { 'content-encoding': 'gzip' } })
  expect(badGzip.status).toBe(400)
  expect((await send(sink.url, fullBytes, { agent })).status).toBe(200)
  expect(await sink.stats()).toMatchObject({
    requests: 4,
    connections: 1,
    openConnections: 1,
    received: 1,
    delivered: 1,
    refusals: { decode: 2, decompress: 1 },
  })
})

test('a body over the limit is answered with 413, compressed or not', async () => {
  const sink = await setupSink({ maxBodyBytes: 100_000 })
  const large = Buffer.alloc(5_000_000)
  expect((await send(sink.url, large)).status).toBe(413)
  const bomb = await send(sink.url, zlib.gzipSync(large), { headers: { 'content-encoding': 'gzip' } })
  expect(bomb.status).toBe(413)
  expect((await sink.stats()).refusals).toEqual({ 'too-large': 2 })
  expect((await send(sink.url, fullBytes)).status).toBe(200)
})

test('another path or method is refused and takes no reply from the script', async () => {
  const sink = await setupSink()
  await sink.script({ status: 503, times: 1 })
  expect((await send(`${sink.origin}/v1/metrics`, fullBytes)).status).toBe(404)
  const put = await send(sink.url, fullBytes, { method: 'PUT' })
  expect({ status: put.status, allow: put.headers.allow }).toEqual({ status: 405, allow: 'POST' })
  expect((await send(sink.url, fullBytes)).status).toBe(503)
  expect(await sink.stats()).toMatchObject({ requests: 3, refusals: { path: 1, method: 1 } })
})

test('what is not HTTP is refused', async () => {
  const sink = await setupSink()
  const socket = connect(Number(new URL(sink.origin).port), '127.0.0.1')
  socket.write('\x16\x03\x01 this is not HTTP\r\n\r\n')
  const [answer] = await once(socket, 'data')
  expect(String(answer)).toContain('400 Bad Request')
  await once(socket.resume(), 'close')
  expect((await sink.stats()).refusals).toEqual({ 'malformed-http': 1 })
})

test('a request that its sender breaks off is counted and harms nobody', async () => {
  const sink = await setupSink()
  const socket = connect(Number(new URL(sink.origin).port), '127.0.0.1')
  socket.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\ncontent-length: 100\r\n\r\nabc')
  await expect.poll(async () => (await sink.stats()).requests).toBe(1)
  socket.destroy()
  await expect.poll(async () => (await sink.stats()).refusals).toEqual({ aborted: 1 })
  expect((await send(sink.url, fullBytes)).status).toBe(200)
})

test('a scripted error is an error also for a request that would be refused', async () => {
  const sink = await setupSink()
  await sink.script({ status: 503 })
  expect((await send(sink.url, 'rubbish')).status).toBe(503)
  expect((await sink.stats()).refusals).toEqual({ decode: 1 })
})

test('unknown fields are counted, and refused when the sink is strict', async () => {
  const body = Buffer.concat([requestWith(1), int(77, 1)])
  const [lenient, strict] = [await setupSink(), await setupSink({ strict: true, keep: 'count' })]
  expect((await send(lenient.url, body)).status).toBe(200)
  expect((await lenient.stats()).unknownFields).toEqual({ 'ExportTraceServiceRequest.#77': 1 })
  const refused = await send(strict.url, body)
  expect(refused.status).toBe(400)
  expect(refused.body.toString()).toContain('unknown fields: ExportTraceServiceRequest.#77')
  expect(await strict.stats()).toMatchObject({ received: 0, refusals: { 'unknown-field': 1 } })
})

test('the headers of the last request are there', async () => {
  const sink = await setupSink()
  await send(sink.url, fullBytes, { headers: { 'X-Api-Key': 'secret' } })
  expect((await sink.stats()).lastHeaders).toMatchObject({ 'x-api-key': 'secret', 'content-length': String(fullBytes.length) })
})

test('chunked bodies are read to their end', async () => {
  const sink = await setupSink()
  const halves = [fullBytes.subarray(0, 50), fullBytes.subarray(50)]
  const body = new ReadableStream({
    pull(controller) {
      const half = halves.shift()
      if (half === undefined) controller.close()
      else controller.enqueue(half)
    },
  })
  const response = await fetch(sink.url, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/x-protobuf', connection: 'close' },
  })
  expect(response.status).toBe(200)
  expect(await sink.spans()).toStrictEqual([fullSpan])
})

test('a request without spans is healthy', async () => {
  const sink = await setupSink()
  expect((await send(sink.url, block(1))).status).toBe(200)
  expect(await sink.stats()).toMatchObject({ requests: 1, received: 0, delivered: 0 })
})
