// SPDX-License-Identifier: Apache-2.0
import { gzipSync } from 'node:zlib'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { resolveOptions } from '../../../src/config/settings.js'
import type { Answer } from '../../../src/transport/answer/answer.js'
import { verdictOf } from '../../../src/transport/answer/verdict.js'
import type { ExporterError } from '../../../src/transport/exporter-error.js'
import { block, varint } from '../plain-batch.js'
import { setupTransport } from '../setup-transport.js'

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
    expect(error).toMatchObject({ code: 'http_400', statusCode: 400, data })
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
    ['http://[', 'that is not a URL'],
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
    const { data = '' } = error as ExporterError
    expect(data.length).toBeLessThanOrEqual(4097)
    expect(`${error?.message} ${data}`).not.toMatch(/sk-|0123|cdef/)
  }
})

test('the size of what was sent in confidence does not change what becomes of spans, nor is it said', async () => {
  const cookie = Array.from({ length: 800 }, (_, index) => `k${index}="s3cr3t-${index}"`)
    .join('; ')
    .slice(0, 14_000)
  const sink = await setupSink()
  const lines = captureDiag()
  const { send, changes } = setupTransport({
    url: sink.url,
    headers: { cookie, 'x-api-key': 'TOPSECRETTOKEN123456' },
    retry: { initialBackoffMillis: 10 },
  })
  await sink.script({ status: 400, body: 'bad request s3cr3t-7', times: 1 })
  const refused = await send(2)
  expect(refused).toMatchObject({ exported: 0, failed: { http_400: 2 } })
  expect(refused.error?.message).toBe(`${sink.url}: answered 400`)
  await sink.script({ status: 503, body: 'busy', times: 1 })
  expect(await send(2)).toEqual({ exported: 2, failed: {} })
  expect(changes).toEqual([{ state: 'down', message: 'answered 503' }, expect.objectContaining({ state: 'up' })])
  await sink.script({ status: 200, body: '<html>login s3cr3t-7</html>', times: 1 })
  expect(await send(2)).toEqual({ exported: 2, failed: {} })
  expect(lines.join()).not.toMatch(/s3cr3t|TOPSECRET/)
})

test('words that cannot be made change no verdict, and what went wrong is not said', () => {
  const settings = resolveOptions({ url: 'http://127.0.0.1/v1/traces' }, {})
  const headers = {
    get 'x-api-key'(): string {
      throw new RangeError('TOPSECRETTOKEN123456')
    },
  }
  const answered = (seen: number, text: string | Buffer, more: Record<string, string> = {}) => {
    const answer: Answer = { end: 'whole', seen, headers: more, body: Buffer.from(text), error: undefined }
    return verdictOf(answer, settings, headers)
  }
  expect(answered(503, 'busy')).toMatchObject({ kind: 'outage', status: 503, message: 'answered 503', data: undefined })
  expect(answered(400, 'bad')).toMatchObject({ kind: 'failed', reason: 'http_400', message: 'answered 400' })
  expect(answered(413, 'large')).toMatchObject({ kind: 'too-large', message: 'answered 413' })
  expect(answered(302, '', { location: 'https://login.test' })).toMatchObject({ message: 'answered 302' })
  expect(answered(200, 'OK')).toMatchObject({ kind: 'accepted', flaw: { kind: 'foreign', what: '2 bytes' } })
  const partial = block(1, varint(8), varint(5), block(2, Buffer.from('no name')))
  expect(answered(200, partial)).toMatchObject({ kind: 'accepted', partial: { rejectedSpans: 5, message: '' } })
  const encoded = { kind: 'broken', what: 'it is compressed with an encoding that was not requested' }
  expect(answered(200, 'x', { 'content-encoding': 'br' })).toMatchObject({ kind: 'accepted', flaw: encoded })
})

test('a password is found by itself, whatever characters it has', async () => {
  const password = 'x1:y2,z3=w4'
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url.replace('http://', `http://robert:${encodeURIComponent(password)}@`) })
  await sink.script({ status: 401, body: `wrong password ${password} for robert` })
  const { error } = await send()
  expect(error?.message).toBe(`${sink.url}: answered 401: wrong password … for …`)
  expect(error).toHaveProperty('data', 'wrong password … for …')
})

test('a long token does not take away what a long page says', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, headers: { authorization: `Bearer ${'aB3dE'.repeat(320)}` } })
  const body = `<title>503 Service Unavailable</title><body>The ingest tier is over capacity${'<p>lorem ipsum</p>'.repeat(1500)}`
  await sink.script({ status: 500, body })
  expect((await send()).error?.message).toContain(
    ': answered 500: 503 Service Unavailable: The ingest tier is over capacity lorem',
  )
})

test('an error of a dispatcher that quotes the request is shown without what may be secret in it', () => {
  const settings = resolveOptions({ headers: { authorization: 'Bearer s3cret-token' } }, {})
  const error = new Error('no mock for {"authorization":"Bearer s3cret-token"}\n')
  const answer: Answer = { end: 'broken', seen: 'unsent', headers: {}, body: Buffer.alloc(0), error }
  const verdict = verdictOf(answer, settings, settings.headers)
  expect(verdict).toMatchObject({ kind: 'outage', message: expect.stringContaining('no mock for') as string })
  expect(JSON.stringify(verdict)).not.toContain('s3cret')
})

test('the code of an error is shown if it looks like one', () => {
  const settings = resolveOptions({ headers: { authorization: 'Bearer s3cret-token' } }, {})
  const messageFor = (code: string) => {
    const error = Object.assign(new Error('boom'), { code })
    const answer: Answer = { end: 'broken', seen: 'unsent', headers: {}, body: Buffer.alloc(0), error }
    return (verdictOf(answer, settings, settings.headers) as { message: string }).message
  }
  expect(messageFor('ECONNREFUSED')).toBe('boom (ECONNREFUSED)')
  expect(messageFor('s3cret-token')).toBe('boom')
})
