// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http'
import { listen } from '@spanring/test-kit/servers'
import { until } from '@spanring/test-kit/until'
import { Agent, Client } from 'undici'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { setupTransport } from './setup-transport.js'
import { skippingClock } from './skipping-clock.js'

/** Answers, unless it is told not to. */
async function setupServer() {
  const state = { isSilent: false, silentRequests: 0 }
  const server = createServer((request, response) => {
    request.resume()
    if (state.isSilent) state.silentRequests += 1
    else request.on('end', () => response.end())
  })
  return { state, origin: `http://127.0.0.1:${await listen(server)}` }
}

function owned<D extends Dispatcher>(dispatcher: D): D {
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
}

test('a request that was given up in its queue is cancelled when its turn comes, and holds up nobody', async () => {
  const { state, origin } = await setupServer()
  state.isSilent = true
  const client = owned(new Client(origin))
  const { send } = setupTransport({ url: `${origin}/v1/traces`, dispatcher: client })
  const outcomes = await Promise.all([send(1, 300), send(1, 300), send(1, 300)])
  expect(outcomes.map(({ failed }) => failed)).toEqual([{ timeout: 1 }, { timeout: 1 }, { timeout: 1 }])

  // Either they are gone, or the second one has got to the silent backend.
  await until(() => client.stats.size === 0 || state.silentRequests > 1)
  state.isSilent = false
  expect(await send()).toEqual({ exported: 1, failed: {} })
})

test('one that throws is a connection that failed: the next attempt waits for its back-off', async () => {
  const { origin } = await setupServer()
  const { clock, skip } = skippingClock()
  let isBroken = false
  const dispatcher = owned(new Agent()).compose((dispatch) => (options, handler) => {
    if (isBroken) throw new Error('no token')
    return dispatch(options, handler)
  })
  const { send, counts, changes } = setupTransport(
    { url: `${origin}/v1/traces`, dispatcher, retry: { initialBackoffMillis: 60_000, maxBackoffMillis: 60_000, jitter: false } },
    { clock },
  )
  expect((await send()).exported).toBe(1)
  skip(1000)
  isBroken = true
  const { failed, error } = await send(1, 1500)
  expect(failed).toEqual({ connection: 1 })
  expect(error?.message).toContain('no token')
  // It may have met a connection that nobody had used for a while, and so was tried again at once; then for its deadline.
  expect(counts.attempts).toBe(1 + 3)
  expect(changes.map(({ state }) => state)).toEqual(['down'])
})
