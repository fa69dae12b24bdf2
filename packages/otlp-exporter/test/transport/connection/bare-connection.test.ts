// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import type { LookupFunction } from 'node:net'
import { listen } from '@spanring/test-kit/servers'
import { until } from '@spanring/test-kit/until'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { resolveOptions } from '../../../src/config/settings.js'
import { bareConnector } from '../../../src/transport/connection/bare-connection.js'
import type { BareConnect } from '../../../src/transport/connection/bare-connection.js'
import { openHandles } from '../setup-transport.js'

const never = new AbortController().signal

/** A server that counts its connections, and those that are open. */
async function setupServer() {
  const seen = { connections: 0, open: 0, bytes: 0 }
  const server = createServer((socket) => {
    seen.connections += 1
    seen.open += 1
    socket.on('data', ({ byteLength }) => void (seen.bytes += byteLength))
    socket.on('error', () => {}).on('close', () => void (seen.open -= 1))
  })
  return { seen, port: await listen(server) }
}

function connectorFor(options: Parameters<typeof resolveOptions>[0]): BareConnect {
  return bareConnector(resolveOptions(options, {})) as BareConnect
}

test('a connection that comes about is closed at once, without a byte, and nothing is left', async () => {
  const { seen, port } = await setupServer()
  const handles = openHandles().length
  for (const protocol of ['http', 'https']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await connectorFor({ url: `${protocol}://127.0.0.1:${port}/` })(never)).toBe(true)
  }
  await until(() => seen.connections === 2 && seen.open === 0)
  expect(seen.bytes).toBe(0)
  expect(openHandles().length).toBeLessThanOrEqual(handles)
})

test('it goes to the proxy, if there is one', async () => {
  const { seen, port } = await setupServer()
  expect(await connectorFor({ url: 'https://collector.test/', proxy: `http://127.0.0.1:${port}` })(never)).toBe(true)
  await until(() => seen.connections === 1)
})

test('options that throw, and a look-up that throws, count as no connection', async () => {
  const throwing = (() => {
    throw new Error('no')
  }) as LookupFunction
  for (const socket of [{ lookup: 'none' as never }, { lookup: throwing }, { family: 'seven' as never }]) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await connectorFor({ url: 'http://collector.test:1/', httpAgentOptions: socket })(never)).toBe(false)
  }
})

test('an attempt that is given up ends when its look-up has come back, and opens no socket then', async () => {
  const { seen, port } = await setupServer()
  let answer = (): void => {}
  const lookup = ((_name, { all }, callback) => {
    answer = () => {
      if (all === true) (callback as (error: null, found: object[]) => void)(null, [{ address: '127.0.0.1', family: 4 }])
      else callback(null, '127.0.0.1', 4)
    }
  }) as LookupFunction
  const ending = new AbortController()
  let isSettled = false
  const attempt = connectorFor({ url: `http://collector.test:${port}/`, httpAgentOptions: { lookup } })(ending.signal)
  void attempt.then(() => (isSettled = true))
  ending.abort()
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  expect(isSettled).toBe(false)
  answer()
  expect(await attempt).toBe(false)
  expect(seen.connections).toBe(0)
})

test('there is none for a dispatcher, whose connections are not ours, nor for a fixed local port', () => {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  expect(bareConnector(resolveOptions({ dispatcher }, {}))).toBeUndefined()
  expect(bareConnector(resolveOptions({ tls: { localPort: 4444 } }, {}))).toBeUndefined()
})
