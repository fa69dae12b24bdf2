// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { ConnectionProbe } from '../../../src/transport/retry/connection-probe.js'

/** A probe whose attempts end as the test decides; `open` has those under way. */
function setup({ random = () => 0, isNeeded = () => true }: { random?: () => number; isNeeded?: () => boolean } = {}) {
  const clock = new FakeClock(0)
  const open: ((isConnected: boolean) => void)[] = []
  const state = { attempts: 0, given: 0, connected: 0, aborted: 0, ended: 0, isProbing: false }
  const connect = async (signal: AbortSignal): Promise<boolean> => {
    state.attempts += 1
    signal.addEventListener('abort', () => void (state.aborted += 1))
    return new Promise((resolve) => open.push(resolve))
  }
  const probe = new ConnectionProbe(clock, random, connect, {
    isNeeded,
    isProbing: () => state.isProbing,
    onConnected: () => void (state.connected += 1),
    onAttemptEnded: () => void (state.ended += 1),
  })
  /** The attempt under way ends. */
  const end = async (isConnected: boolean): Promise<void> => {
    open.shift()?.(isConnected)
    await clock.turn()
  }
  return { clock, probe, state, open, end }
}

test('an attempt every 250 ms, until one comes about', async () => {
  const { clock, probe, state, end } = setup()
  probe.start()
  probe.start()
  await clock.advance(249)
  expect(state.attempts).toBe(0)
  for (let attempts = 1; attempts <= 5; attempts++) {
    await clock.advance(attempts === 1 ? 1 : 250)
    expect(state.attempts).toBe(attempts)
    await end(attempts === 5)
  }
  expect(state.connected).toBe(1)
  await clock.advance(10_000)
  expect(state).toMatchObject({ attempts: 5, connected: 1 })
  expect(clock.ownTimers).toBe(0)
})

test('up to a fifth earlier at random', async () => {
  const draws = [1, 0.5, 0]
  const { clock, probe, state, end } = setup({ random: () => draws.shift() ?? 0 })
  probe.start()
  for (const [attempts, pause] of [200, 225, 250].entries()) {
    await clock.advance(pause - 1)
    expect(state.attempts).toBe(attempts)
    await clock.advance(1)
    expect(state.attempts).toBe(attempts + 1)
    await end(false)
  }
})

test('an attempt that hangs is given up at the next quiet time, and the next one follows a tenth of a second later', async () => {
  const { clock, probe, state, end } = setup()
  probe.start()
  await clock.advance(1049)
  expect(state).toMatchObject({ attempts: 1, aborted: 0 })
  await clock.advance(1)
  expect(state).toMatchObject({ attempts: 1, aborted: 1 })
  await end(false)
  await clock.advance(99)
  expect(state.attempts).toBe(1)
  await clock.advance(1)
  expect(state.attempts).toBe(2)
})

test('while a request connects there is no attempt', async () => {
  const { clock, probe, state } = setup()
  state.isProbing = true
  probe.start()
  await clock.advance(2000)
  expect(state.attempts).toBe(0)
  state.isProbing = false
  await clock.advance(250)
  expect(state.attempts).toBe(1)
})

test('while a look-up cannot be cancelled there is no other attempt, not even after a stop and a new start', async () => {
  const { clock, probe, state, end, open } = setup()
  probe.start()
  await clock.advance(60_000)
  expect(state).toMatchObject({ attempts: 1, aborted: 1 })
  probe.stop()
  probe.start()
  await clock.advance(60_000)
  expect(state.attempts).toBe(1)
  // What came about too late does not count.
  await end(true)
  expect(state).toMatchObject({ attempts: 2, connected: 0 })
  expect(open).toHaveLength(1)
})

test('a stop ends the attempt under way and leaves nothing', async () => {
  const { clock, probe, state, end } = setup()
  probe.start()
  await clock.advance(250)
  probe.stop()
  await clock.turn()
  expect(state).toMatchObject({ attempts: 1, aborted: 1 })
  expect(clock.ownTimers).toBe(0)
  await end(true)
  expect(state.connected).toBe(0)
  probe.start()
  await clock.advance(100)
  probe.close()
  probe.start()
  await clock.advance(10_000)
  expect(state).toMatchObject({ attempts: 1, connected: 0 })
  expect(clock.ownTimers).toBe(0)
})

test('it stops when nobody needs it any more', async () => {
  let isNeeded = true
  const { clock, probe, state, end } = setup({ isNeeded: () => isNeeded })
  probe.start()
  await clock.advance(250)
  await end(false)
  isNeeded = false
  await clock.advance(10_000)
  expect(state.attempts).toBe(1)
  expect(clock.ownTimers).toBe(0)
  isNeeded = true
  probe.start()
  await clock.advance(250)
  expect(state.attempts).toBe(2)
})

test('no timer of it keeps the process alive', async () => {
  const { clock, probe } = setup()
  probe.start()
  await clock.turn()
  expect([clock.ownTimers, clock.keepAliveTimers]).toEqual([1, 0])
  await clock.advance(250)
  expect([clock.ownTimers, clock.keepAliveTimers]).toEqual([1, 0])
})
