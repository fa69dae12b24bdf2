// SPDX-License-Identifier: Apache-2.0
// What was seen on the wire decides what becomes of the spans; each row is a real server that does so.
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { captureDiag } from '@spanring/test-kit/diag'
import { leadOn, listen } from '@spanring/test-kit/servers'
import { until } from '@spanring/test-kit/until'
import { Agent } from 'undici'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { makeCertificate } from './certificates.js'
import { PlainBatch } from './plain-batch.js'
import { HEALTHY, setupRawServer } from './raw-server.js'
import type { RawAnswer } from './raw-server.js'
import { openHandles, setupTransport } from './setup-transport.js'

const OK = 'HTTP/1.1 200 OK\r\n'
const EMPTY = 'content-length: 0\r\n\r\n'
const PADDING = `x-padding: ${'x'.repeat(20_000)}\r\n`

/** What a batch of two spans comes to when this is the answer to its first request, and later ones are healthy. */
interface Row extends RawAnswer {
  readonly exported: number
  readonly failed?: Record<string, number>
  readonly attempts: number
  /** Of the one warning; none is said without it. */
  readonly says?: RegExp
}

const BROKEN = /answered 200, but the answer cannot be read to its end: .+; the spans count as exported$/

const ROWS = {
  'no byte of an answer': { chunks: [], then: 'end', exported: 2, attempts: 2 },
  'no byte, and a reset': { chunks: [], then: 'reset', exported: 2, attempts: 2 },
  'an answer that ends before its status': { chunks: ['HTTP/1.1 20'], then: 'end', exported: 2, attempts: 2 },
  'an interim answer alone': { chunks: ['HTTP/1.1 100 Continue\r\n\r\n'], then: 'end', exported: 2, attempts: 2 },

  'another protocol': { chunks: ['HELO\r\n'], then: 'end', exported: 0, failed: { invalid_response: 2 }, attempts: 1 },
  'HTTP/2': {
    chunks: [Buffer.from('00000c040000000000', 'hex')],
    exported: 0,
    failed: { invalid_response: 2 },
    attempts: 1,
  },

  '200 whose body is cut short': {
    chunks: [`${OK}content-length: 64\r\n\r\n`, 'half'],
    then: 'end',
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 whose body is cut short by a reset': {
    chunks: [`${OK}content-length: 64\r\n\r\n`, 'half'],
    then: 'reset',
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 whose last chunk is missing': {
    chunks: [`${OK}transfer-encoding: chunked\r\n\r\n`, '2\r\n{}\r\n'],
    then: 'end',
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 whose headers are cut short': { chunks: [`${OK}content-le`], then: 'end', exported: 2, attempts: 1, says: BROKEN },
  '200 with 20 KB of headers': { chunks: [OK + PADDING + EMPTY], exported: 2, attempts: 1, says: BROKEN },
  '200 with both lengths': {
    chunks: [`${OK}transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n`],
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 with a line that is no header': { chunks: [`${OK}what is this\r\n${EMPTY}`], exported: 2, attempts: 1, says: BROKEN },
  '200 with a chunk that has no length': {
    chunks: [`${OK}transfer-encoding: chunked\r\n\r\nzz\r\n`],
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 with more than the limit': {
    chunks: [`${OK}content-length: 3000\r\n\r\n`, 'x'.repeat(3000)],
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 with more than the limit, in chunks': {
    chunks: [`${OK}transfer-encoding: chunked\r\n\r\nbb8\r\n${'x'.repeat(3000)}\r\n`],
    exported: 2,
    attempts: 1,
    says: BROKEN,
  },
  '200 that stops in its body': { chunks: [`${OK}content-length: 64\r\n\r\n`], exported: 2, attempts: 1, says: BROKEN },
  '200 that stops in its headers': { chunks: [`${OK}content-le`], exported: 2, attempts: 1, says: BROKEN },
  '200 in an encoding that was not asked for': {
    chunks: [`${OK}content-encoding: br\r\ncontent-length: 1\r\n\r\nx`],
    exported: 2,
    attempts: 1,
    says: /it is compressed with br; the spans/,
  },
  '200 and bytes behind it': { chunks: [`${OK + EMPTY}more`], exported: 2, attempts: 1 },
  '200 that ends with its connection': { chunks: ['HTTP/1.0 200 OK\r\n\r\n', '{}'], then: 'end', exported: 2, attempts: 1 },
  '204': { chunks: ['HTTP/1.1 204 No Content\r\n\r\n'], exported: 2, attempts: 1 },

  '400 whose body is cut short': {
    chunks: ['HTTP/1.1 400 no\r\ncontent-length: 64\r\n\r\n', 'no'],
    then: 'end',
    exported: 0,
    failed: { http_400: 2 },
    attempts: 1,
  },
  '400 with both lengths': {
    chunks: ['HTTP/1.1 400 no\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n'],
    exported: 0,
    failed: { http_400: 2 },
    attempts: 1,
  },
  '503 whose body is cut short': {
    chunks: ['HTTP/1.1 503 no\r\ncontent-length: 64\r\n\r\n', 'no'],
    then: 'end',
    exported: 2,
    attempts: 2,
  },
  '503 with 20 KB of headers': { chunks: [`HTTP/1.1 503 no\r\n${PADDING + EMPTY}`], exported: 2, attempts: 2 },
  '413 whose body is cut short': {
    chunks: ['HTTP/1.1 413 no\r\ncontent-length: 64\r\n\r\n'],
    then: 'end',
    exported: 2,
    attempts: 3,
  },
  '101': {
    chunks: ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'],
    exported: 0,
    failed: { http_101: 2 },
    attempts: 1,
  },
  '302': {
    chunks: [`HTTP/1.1 302 Found\r\nlocation: /login\r\n${EMPTY}`],
    exported: 0,
    failed: { http_302: 2 },
    attempts: 1,
  },

  '100 before 200': { chunks: [`HTTP/1.1 100 Continue\r\n\r\n${OK}${EMPTY}`], exported: 2, attempts: 1 },
  '100 before 200, in pieces': {
    chunks: Array.from(`HTTP/1.1 100 Continue\r\nx-y: 1\r\n\r\n${OK}${EMPTY}`),
    exported: 2,
    attempts: 1,
  },
  'several interim answers before 200': {
    chunks: [
      `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`,
      EMPTY,
    ],
    exported: 2,
    attempts: 1,
  },
  '103 before 400': {
    chunks: ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', `HTTP/1.1 400 no\r\n${EMPTY}`],
    exported: 0,
    failed: { http_400: 2 },
    attempts: 1,
  },
} satisfies Record<string, Row>

const certificate = makeCertificate('server')

async function expectRow(row: Row, server: Awaited<ReturnType<typeof setupRawServer>>, options: OTLPTraceExporterOptions) {
  const lines = captureDiag()
  const { state } = server
  state.answers = [row, HEALTHY]
  const retry = { initialBackoffMillis: 10, maxBackoffMillis: 10 }
  const { send, counts, changes, transport, within } = setupTransport({
    timeoutMillis: 500,
    maxResponseBytes: 1000,
    retry,
    ...options,
  })
  const outcome = await send(2)
  expect(outcome).toMatchObject({ exported: row.exported, failed: row.failed ?? {} })
  expect(counts.attempts).toBe(row.attempts)
  expect(state.requests.length).toBe(row.attempts)
  // Down only while the request may get through later.
  const isOutage = row.attempts === 2
  expect(changes.map((change) => change.state)).toEqual(isOutage ? ['down', 'up'] : [])
  expect(lines).toEqual(row.says === undefined ? [] : [expect.stringMatching(row.says)])
  // Whatever it has left of the connection is not used again.
  expect(await send(1)).toEqual({ exported: 1, failed: {} })
  await until(() => state.open === 1)
  await transport.shutdown(within(1000))
}

describe('over TCP', () => {
  for (const [name, row] of Object.entries<Row>(ROWS)) {
    test(name, async () => {
      const server = await setupRawServer()
      await expectRow(row, server, { url: server.url })
    })
  }
})

describe('over TLS', () => {
  for (const [name, row] of Object.entries<Row>(ROWS)) {
    test(name, async () => {
      const server = await setupRawServer({ tls: certificate })
      await expectRow(row, server, { url: server.url, tls: { ca: certificate.cert } })
    })
  }
})

/** Rows that undici alone would get wrong, and what is right everywhere. */
const TELLING = ['no byte of an answer', 'another protocol', '200 with both lengths', '100 before 200, in pieces'] as const

describe.skipIf(process.platform === 'win32')('over a Unix domain socket', () => {
  for (const name of TELLING) {
    test(name, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'spanring-answers-'))
      onTestFinished(() => rmSync(dir, { recursive: true }))
      const socketPath = join(dir, 'otlp.sock')
      const server = await setupRawServer({ socketPath })
      await expectRow(ROWS[name], server, { url: 'http://collector.test/v1/traces', socketPath })
    })
  }
})

describe('through a proxy that forwards', () => {
  for (const name of TELLING) {
    test(name, async () => {
      const server = await setupRawServer()
      const proxy = `http://127.0.0.1:${server.port}`
      await expectRow(ROWS[name], server, { url: 'http://collector.test/v1/traces', proxy })
      expect(server.state.requests[0]).toMatch(/^POST http:\/\/collector\.test\/v1\/traces /)
    })
  }
})

/** A proxy whose tunnels all end at that port; without one it hangs up when it has said that the tunnel is there. */
async function setupTunnel(port: number | undefined): Promise<string> {
  const proxy = createServer()
  proxy.on('connect', (_request, socket: Socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (port === undefined) {
      socket.end()
      return
    }
    leadOn(socket, port)
  })
  return `http://127.0.0.1:${await listen(proxy)}`
}

describe('through a tunnel', () => {
  for (const name of TELLING) {
    test(name, async () => {
      const server = await setupRawServer({ tls: certificate })
      const proxy = await setupTunnel(server.port)
      const url = `https://127.0.0.1:${server.port}/v1/traces`
      await expectRow(ROWS[name], server, { url, proxy, tls: { ca: certificate.cert } })
    })
  }

  test('an answer that comes before the request was wholly written ends the tunnel', async () => {
    const { state, port, url } = await setupRawServer({ tls: certificate })
    const proxy = await setupTunnel(port)
    const early = { chunks: [OK + EMPTY], isEarly: true }
    const handles = openHandles().length
    state.answers = [early, HEALTHY]
    const { send } = setupTransport({ url, proxy, tls: { ca: certificate.cert } })
    expect(await send(new PlainBatch(16, 1024 * 1024))).toEqual({ exported: 16, failed: {} })
    for (let count = 0; count < 2; count++) expect(await send()).toEqual({ exported: 1, failed: {} })
    expect(state.connections).toBe(2)
    // Each tunnel has four ends in this process; of the first one that of the transport is gone.
    await until(() => openHandles().length < handles + 2 * 4)
  })

  test('after an answer that broke off later requests share a new tunnel', async () => {
    const { state, port, url } = await setupRawServer({ tls: certificate })
    const proxy = await setupTunnel(port)
    state.answers = [ROWS['200 with both lengths'], HEALTHY]
    const { send } = setupTransport({ url, proxy, tls: { ca: certificate.cert } })
    for (let count = 0; count < 4; count++) expect(await send()).toEqual({ exported: 1, failed: {} })
    expect(state.connections).toBe(2)
  })

  test('the answer to CONNECT is not the answer', async () => {
    const proxy = await setupTunnel(undefined)
    const { send } = setupTransport({ url: 'https://collector.test/v1/traces', proxy, timeoutMillis: 300 })
    expect(await send(2)).toMatchObject({ exported: 0, failed: { connection: 2 } })
  })
})

test('a dispatcher of the application’s hides the wire: a malformed answer is a failure for good, and is not sent again', async () => {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  for (const name of ['another protocol', '200 with both lengths', '200 with 20 KB of headers', '100 before 200'] as const) {
    const { state, url } = await setupRawServer()
    state.answers = [ROWS[name], HEALTHY]
    const { send, changes } = setupTransport({ url, dispatcher })
    expect(await send(2)).toMatchObject({ exported: 0, failed: { invalid_response: 2 } })
    expect(state.requests.length).toBe(1)
    expect(changes).toEqual([])
  }
})

test('a dispatcher of the application’s tells of a status: 200 whose body is cut short is a success', async () => {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  const { state, url } = await setupRawServer()
  state.answers = [ROWS['200 whose body is cut short'], HEALTHY]
  const { send } = setupTransport({ url, dispatcher })
  expect(await send(2)).toEqual({ exported: 2, failed: {} })
  expect(state.requests.length).toBe(1)
})

test('every answer cut short: every span is exported once, and it is said once', async () => {
  const lines = captureDiag()
  const { state, url } = await setupRawServer()
  state.answers = [ROWS['200 whose body is cut short']]
  const { send, counts, finished } = setupTransport({ url })
  for (let count = 0; count < 20; count++) expect(await send(10)).toEqual({ exported: 10, failed: {} })
  expect(counts.attempts).toBe(20)
  expect(finished).toEqual(Array.from({ length: 20 }, () => expect.objectContaining({ statusCode: 200, errorType: undefined })))
  expect(lines).toHaveLength(1)
})

test('an interim answer of any length is passed over, and the connection is kept', async () => {
  const { state, url } = await setupRawServer()
  const long = `HTTP/1.1 103 Early Hints\r\n${'link: </a>\r\n'.repeat(20_000)}\r\n`
  state.answers = [{ chunks: [long, OK + EMPTY] }]
  const { send } = setupTransport({ url })
  for (let count = 0; count < 3; count++) expect(await send()).toEqual({ exported: 1, failed: {} })
  expect(state.connections).toBe(1)
})

for (const [name, tls] of [
  ['TCP', undefined],
  ['TLS', certificate],
] as const) {
  test(`over ${name}, an answer that comes before the request was wholly written ends the connection`, async () => {
    const { state, url } = await setupRawServer(tls && { tls })
    const early = { chunks: [OK + EMPTY], isEarly: true }
    state.answers = [early, early, HEALTHY]
    const { send, counts } = setupTransport({ url, timeoutMillis: 2000, ...(tls && { tls: { ca: tls.cert } }) })
    for (let count = 0; count < 2; count++)
      expect(await send(new PlainBatch(16, 1024 * 1024))).toEqual({ exported: 16, failed: {} })
    for (let count = 0; count < 2; count++) expect(await send()).toEqual({ exported: 1, failed: {} })
    expect(counts.attempts).toBe(4)
    expect(state.connections).toBe(3)
  })
}

for (const [name, tls] of [
  ['TCP', undefined],
  ['TLS', certificate],
] as const) {
  test(`over ${name}, a large request that was wholly written when its answer came leaves the connection`, async () => {
    const { state, url } = await setupRawServer(tls && { tls })
    const { send } = setupTransport({ url, ...(tls && { tls: { ca: tls.cert } }) })
    const batch = new PlainBatch(8, 1024 * 1024)
    for (let count = 0; count < 5; count++) expect(await send(batch)).toEqual({ exported: 8, failed: {} })
    expect(state.connections).toBe(1)
  })
}

test('an answer is that of its own request: one that is never sent, or has none, does not inherit the last one', async () => {
  const { state, url, close } = await setupRawServer()
  const { send } = setupTransport({ url, timeoutMillis: 300 })
  expect(await send()).toEqual({ exported: 1, failed: {} })
  state.answers = [{ chunks: [] }]
  expect(await send()).toMatchObject({ exported: 0, failed: { timeout: 1 } })
  state.answers = [HEALTHY]
  expect(await send()).toEqual({ exported: 1, failed: {} })
  const handles = openHandles().length
  close()
  // Both ends are gone, so that there is nothing to give the request to.
  await until(() => openHandles().length <= handles - 3)
  expect(await send()).toMatchObject({ exported: 0, failed: { connection: 1 } })
})
