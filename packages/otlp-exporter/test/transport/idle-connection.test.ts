// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { listen } from '@spanring/test-kit/servers'
import { until } from '@spanring/test-kit/until'
import { expect, test } from 'vitest'
import { openHandles, setupTransport } from './setup-transport.js'
import { skippingClock } from './skipping-clock.js'

/** Answers the first request of each connection, and breaks the connection at the second; or at every one. */
async function setup() {
  const served = new WeakSet<Socket>()
  const state = { connections: 0, open: 0, isDown: false, lastWords: '' }
  const server = createServer((request, response) => {
    if (state.isDown || served.has(request.socket)) {
      if (state.lastWords === '') request.socket.destroy()
      else request.socket.end(state.lastWords)
      return
    }
    served.add(request.socket)
    request.resume().on('end', () => response.end())
  })
  server.on('connection', (socket) => {
    state.connections += 1
    state.open += 1
    socket.on('close', () => void (state.open -= 1))
  })
  const { clock, skip } = skippingClock()
  const url = `http://127.0.0.1:${await listen(server)}/`
  return { state, server, skip, ...setupTransport({ url, retry: { jitter: false } }, { clock }) }
}

test.each([0, 5, 1000])(
  'a connection that breaks when it is used again after %i ms is replaced at once, and is no outage',
  async (millis) => {
    const { state, send, skip, counts, changes } = await setup()
    expect((await send()).exported).toBe(1)
    skip(millis)
    const startedAt = performance.now()
    expect((await send()).exported).toBe(1)
    expect(performance.now() - startedAt).toBeLessThan(1000)
    expect(counts.attempts).toBe(3)
    expect(state.connections).toBe(2)
    expect(changes).toEqual([])
  },
)

test('those that were kept beside it are not tried one by one', async () => {
  const { state, send, counts, changes } = await setup()
  await Promise.all([send(), send(), send()])
  expect(state.connections).toBe(3)
  expect((await send()).exported).toBe(1)
  expect(counts.attempts).toBe(5)
  await until(() => state.open === 1)
  expect(changes).toEqual([])
})

test('one that breaks after the beginning of an answer is an outage', async () => {
  const { state, send, changes } = await setup()
  expect((await send()).exported).toBe(1)
  state.lastWords = 'HTTP/1.1 2'
  expect((await send()).exported).toBe(1)
  expect(changes.map(({ state: change }) => change)).toEqual(['down', 'up'])
})

test('one that both sides know to be closed is none that broke: the first attempt on a new one tells of an outage', async () => {
  const { state, server, send, skip, counts, changes, closing } = await setup()
  expect((await send()).exported).toBe(1)
  await until(() => openHandles().length > 1)
  const handles = openHandles().length
  server.closeIdleConnections()
  await until(() => openHandles().length <= handles - 2)
  skip(1000)
  state.isDown = true
  const sent = send()
  await until(() => changes.length > 0)
  expect(counts.attempts).toBe(2)
  closing.abort()
  expect((await sent).failed).toEqual({ connection: 1 })
})
