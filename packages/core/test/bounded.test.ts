// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { bounded } from '../src/bounded.js'
import type { Settled } from '../src/bounded.js'

/** Starts a wait of 100 ms and records how it ended. */
function setup(work: () => unknown, signal?: AbortSignal, millis = 100) {
  const clock = new FakeClock()
  const outcomes: Settled<unknown>[] = []
  void bounded(clock, { at: clock.now() + millis, signal, keepAlive: true }, work).then((outcome) => outcomes.push(outcome))
  return { clock, outcomes }
}

test('work that is done at once settles at once and leaves no timer', async () => {
  const { clock, outcomes } = setup(() => 7)
  await clock.turn()
  expect(outcomes).toEqual([{ status: 'done', value: 7 }])
  expect(clock.ownTimers).toBe(0)
})

test('a throw and a rejection both settle as failed', async () => {
  const error = new Error('no')
  for (const work of [
    () => {
      throw error
    },
    () => Promise.reject(error),
  ]) {
    const { clock, outcomes } = setup(work)
    await clock.turn()
    expect(outcomes).toEqual([{ status: 'failed', error }])
    expect(clock.ownTimers).toBe(0)
  }
})

test('a thenable whose then throws settles as failed', async () => {
  const { clock, outcomes } = setup(() => ({
    then() {
      throw new Error('broken')
    },
  }))
  await clock.turn()
  expect(outcomes.map(({ status }) => status)).toEqual(['failed'])
})

test('silence settles as a timeout at the bound and not before', async () => {
  const { clock, outcomes } = setup(() => new Promise(() => {}))
  await clock.advance(99)
  expect(outcomes).toEqual([])
  expect(clock.keepAliveTimers).toBe(1)
  await clock.advance(1)
  expect(outcomes).toEqual([{ status: 'timeout' }])
  expect(clock.ownTimers).toBe(0)
})

test('what comes after the first outcome is ignored', async () => {
  let resolve!: (value: string) => void
  const { clock, outcomes } = setup(() => new Promise((done) => (resolve = done)))
  await clock.advance(100)
  resolve('late')
  await clock.turn()
  expect(outcomes).toEqual([{ status: 'timeout' }])
})

test('a thenable that settles twice counts once', async () => {
  const { clock, outcomes } = setup(() => ({
    then(done: (value: string) => void) {
      done('first')
      done('second')
    },
  }))
  await clock.turn()
  expect(outcomes).toEqual([{ status: 'done', value: 'first' }])
})

test('a timer that a stalled loop fires late gives I/O one more turn', async () => {
  let resolve!: (value: string) => void
  const { clock, outcomes } = setup(() => new Promise((done) => (resolve = done)))
  clock.stall(151)
  // The answer lies in the socket: it is read after the timers, before what they put off.
  clock.soon(() => resolve('delivered'))
  await clock.advance(0)
  expect(outcomes).toEqual([{ status: 'done', value: 'delivered' }])
})

test('a timer that is only a little late decides by itself', async () => {
  const { clock, outcomes } = setup(() => new Promise(() => {}))
  clock.stall(149)
  await clock.advance(0)
  expect(outcomes).toEqual([{ status: 'timeout' }])
})

test('an abort ends the wait with the reason of the signal', async () => {
  const controller = new AbortController()
  const { clock, outcomes } = setup(() => new Promise(() => {}), controller.signal)
  await clock.advance(10)
  controller.abort('enough')
  await clock.turn()
  expect(outcomes).toEqual([{ status: 'aborted', error: 'enough' }])
  expect(clock.ownTimers).toBe(0)
})

test('whoever has the set of ends can end a wait, until it has settled by itself', async () => {
  const clock = new FakeClock()
  const ends = new Set<() => void>()
  const outcomes: Settled<unknown>[] = []
  const start = (work: () => unknown): void => {
    void bounded(clock, { at: clock.now() + 100, ends }, work).then((outcome) => outcomes.push(outcome))
  }
  start(() => new Promise(() => {}))
  start(() => 7)
  expect(ends.size).toBe(2)
  await clock.turn()
  expect(ends.size).toBe(1)
  for (const end of ends) end()
  await clock.turn()
  expect(outcomes).toEqual([{ status: 'done', value: 7 }, { status: 'aborted' }])
  expect(ends.size).toBe(0)
  expect(clock.ownTimers).toBe(0)
})

test('a signal that is aborted already starts nothing and leaves nothing, 500 times', async () => {
  const controller = new AbortController()
  controller.abort('no')
  let started = 0
  for (let i = 0; i < 500; i++) {
    const { clock, outcomes } = setup(() => started++, controller.signal)
    await clock.turn()
    expect(outcomes).toEqual([{ status: 'aborted', error: 'no' }])
    expect(clock.ownTimers).toBe(0)
  }
  expect(started).toBe(0)
})

test('no listener stays on the signal', async () => {
  const controller = new AbortController()
  let listeners = 0
  const { signal } = controller
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...args: Parameters<AbortSignal['addEventListener']>) => {
    listeners++
    addEventListener.apply(signal, args)
  }
  signal.removeEventListener = (...args: Parameters<AbortSignal['removeEventListener']>) => {
    listeners--
    removeEventListener.apply(signal, args)
  }
  const { clock } = setup(() => Promise.resolve(), signal)
  await clock.turn()
  expect(listeners).toBe(0)
})

test('a wait without a limit holds the process and never times out', async () => {
  const { clock, outcomes } = setup(() => new Promise(() => {}), undefined, Infinity)
  expect(clock.keepAliveTimers).toBe(1)
  await clock.advance(2 ** 32)
  expect(outcomes).toEqual([])
  expect(clock.keepAliveTimers).toBe(1)
})
