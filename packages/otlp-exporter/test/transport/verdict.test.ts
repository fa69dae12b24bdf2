// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { block, varint } from './plain-batch.js'
import { setupSink, setupTransport } from './setup-transport.js'

const STATUS = Buffer.concat([varint(8), varint(3), block(2, Buffer.from('span 3 has no name'))])
const PAGE = '<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1><hr>edge</body></html>'

for (const [name, body, headers, message, data] of [
  ['protobuf', STATUS, {}, ': answered 400: span 3 has no name', 'span 3 has no name'],
  ['JSON', '{"message":"no such\\ntenant"}', {}, ': answered 400: no such tenant', String.raw`{"message":"no such\ntenant"}`],
  ['text', 'unknown\ntenant', { 'content-type': 'text/plain' }, ': answered 400: unknown tenant', 'unknown tenant'],
  ['a page', PAGE, { 'content-type': 'text/html' }, ': answered 400: 403 Forbidden edge', PAGE],
  ['gzip', gzipSync('no such tenant'), { 'content-encoding': 'gzip' }, ': answered 400: no such tenant', 'no such tenant'],
  ['an encoding that cannot be read', 'x', { 'content-encoding': 'br' }, ': answered 400', undefined],
  ['nothing', '', {}, ': answered 400', undefined],
] as const) {
  test(`what a backend says with 400 is in the error: ${name}`, async () => {
    const sink = await setupSink()
    await sink.script({ status: 400, body, headers })
    const { send } = setupTransport({ url: sink.url })
    const { error } = await send()
    expect(error?.message).toBe(sink.url + message)
    expect(error).toMatchObject({ code: 'http_400', statusCode: 400 })
    expect(error?.data).toBe(data)
  })
}

test('what it says with 503 is in the outage, and in the error of whoever is given up', async () => {
  const sink = await setupSink()
  await sink.script({ status: 503, body: 'the queue is full', headers: { 'content-type': 'text/plain' } })
  const { send, changes } = setupTransport({ url: sink.url, timeoutMillis: 200 })
  const [first, second] = await Promise.all([send(), send()])
  expect(changes).toEqual([{ state: 'down', message: 'answered 503: the queue is full' }])
  expect(first?.error).toMatchObject({ code: 'http_503', data: 'the queue is full' })
  expect(second?.error?.message).toContain('answered 503: the queue is full')
})

test('where a redirect goes to is said, without what may be secret in it', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, headers: { 'x-key': 'k3y-0123' } })
  for (const [location, shown] of [
    ['https://user:pass@login.test/sign-in?token=t0ken#k3y-0123', 'https://login.test/sign-in?…'],
    ['/v2/k3y-0123/traces', `${new URL(sink.url).origin}/v2/…/traces`],
    ['http://[', 'that is no URL'],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sink.script({ status: 307, body: '', headers: { location } })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect((await send()).error?.message).toBe(`${sink.url}: answered 307 with Location ${shown}`)
  }
})

test('what it says of a single span that is too large is in the error', async () => {
  const sink = await setupSink()
  await sink.script({ status: 413, body: 'at most 1 KiB', headers: { 'content-type': 'text/plain' } })
  const { error } = await setupTransport({ url: sink.url }).send(1)
  expect(error).toMatchObject({ code: 'too_large', statusCode: 413, data: 'at most 1 KiB' })
  expect(error?.message).toBe(`${sink.url}: a single span is too large: answered 413: at most 1 KiB`)
})

test('it is bounded, and holds nothing of what was sent in confidence, wherever it is cut', async () => {
  const secret = `sk-${'0123456789abcdef'.repeat(6)}`
  const sink = await setupSink()
  const url = sink.url.replace('http://', `http://user:${secret}@`) + `?key=${secret}`
  const { send } = setupTransport({ url, headers: { 'x-api-key': secret } })
  for (const before of [0, 200, 290, 4000, 4090, 16_300, 16_383]) {
    const body = `${'y'.repeat(before)}${secret} is no key for POST /v1/traces?key=${secret} of user:${secret}`
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sink.script({ status: 401, body, headers: { 'content-type': 'text/plain' } })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { error } = await send()
    expect(error?.message.length).toBeLessThan(400)
    expect(error?.data?.length).toBeLessThanOrEqual(4097)
    expect(`${error?.message} ${error?.data}`).not.toMatch(/sk-|0123|cdef/)
  }
})
