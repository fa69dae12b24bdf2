// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/transport/clock.js'
import { openHandles, setupTransport, until } from './setup-transport.js'

/** Answers the first request of each connection, and breaks the connection at the second; or at every one. */
async function setup() {
  const served = new WeakSet<Socket>()
  const state = { connections: 0, offsetMillis: 0, isDown: false }
  const server = createServer((request, response) => {
    if (state.isDown || served.has(request.socket)) {
      request.socket.destroy()
      return
    }
    served.add(request.socket)
    request.resume().on('end', () => response.end())
  })
  server.on('connection', () => void (state.connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const clock = { ...systemClock, now: () => performance.now() + state.offsetMillis }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { state, server, ...setupTransport({ url, retry: { jitter: false } }, { clock }) }
}

test('a connection that was closed while nobody used it is replaced at once, and is no outage', async () => {
  const { state, send, counts, changes } = await setup()
  expect((await send()).exported).toBe(1)
  state.offsetMillis += 1000
  const startedAt = performance.now()
  expect((await send()).exported).toBe(1)
  expect(performance.now() - startedAt).toBeLessThan(1000)
  expect(counts.attempts).toBe(3)
  expect(state.connections).toBe(2)
  expect(changes).toEqual([])
})

test('one that breaks under load is an outage', async () => {
  const { send, changes } = await setup()
  expect((await send()).exported).toBe(1)
  expect((await send()).exported).toBe(1)
  expect(changes.map(({ state }) => state)).toEqual(['down', 'up'])
})

test('one that both sides know to be closed is none that broke: the first attempt on a new one tells of an outage', async () => {
  const { state, server, send, counts, changes, closing } = await setup()
  expect((await send()).exported).toBe(1)
  await until(() => openHandles().length > 1)
  const handles = openHandles().length
  server.closeIdleConnections()
  await until(() => openHandles().length <= handles - 2)
  state.offsetMillis += 1000
  state.isDown = true
  const sent = send()
  await until(() => changes.length > 0)
  expect(counts.attempts).toBe(2)
  closing.abort()
  expect((await sent).failed).toEqual({ connection: 1 })
})
