// SPDX-License-Identifier: Apache-2.0
// What a bare connection that comes about permits: one request at once, and no other before the back-off is over.
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import type { Failure } from '../../../src/transport/exporter-error.js'
import { Operation } from '../../../src/transport/operation.js'
import { Backend } from '../../../src/transport/retry/backend.js'

const REFUSED = { reason: 'connection', status: undefined, message: 'refused', isUnreachable: true } as const
const RESET: Failure & { isUnreachable: boolean } = { ...REFUSED, message: 'reset', isUnreachable: false }
const BUSY = { reason: 'http_503', status: 503, message: 'answered 503', isUnreachable: false } as const

/** The back-off of every failed request, in milliseconds. */
const BACKOFF = 60_000

/** A backend behind a port that is closed until the test opens it. */
function setup() {
  const clock = new FakeClock(0)
  const port = { isOpen: false, isDeaf: false, attempts: 0 }
  const connect = async (signal: AbortSignal): Promise<boolean> => {
    port.attempts += 1
    if (port.isDeaf) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return port.isOpen
  }
  const backend = new Backend(clock, () => {}, { random: () => 0, connect })
  const closing = new AbortController()
  const begin = (millis = 3_600_000): Operation =>
    new Operation(clock.now(), clock.now() + millis, {
      at: Infinity,
      signal: new AbortController().signal,
      closing: closing.signal,
    })
  const log: string[] = []
  const retryAt = new Map<Operation, number>()
  const ask = async (name: string, operation: Operation): Promise<void> => {
    const answer = await backend.waitForPermission(operation, retryAt.get(operation) ?? -Infinity, () => {})
    log.push(`${name}: ${answer}`)
  }
  /** A request of the operation fails, and the operation waits for its back-off. */
  const fail = (operation: Operation, failure: typeof REFUSED | typeof RESET | typeof BUSY): void => {
    retryAt.set(operation, clock.now() + BACKOFF)
    if (backend.failed(operation, failure)) backend.holdUntil(operation, clock.now() + BACKOFF)
  }
  return { clock, port, backend, closing, begin, log, ask, fail }
}

test('it wakes the prober at once, and those that wait with it only when that one is answered', async () => {
  const { clock, port, backend, begin, log, ask, fail } = setup()
  const [first, second] = [begin(), begin()]
  fail(first, REFUSED)
  void ask('first', first)
  void ask('second', second)
  await clock.advance(1000)
  expect([port.attempts, log]).toEqual([4, []])
  port.isOpen = true
  await clock.advance(250)
  expect([port.attempts, log]).toEqual([5, ['first: go']])
  await clock.advance(10_000)
  expect([port.attempts, log]).toEqual([5, ['first: go']])
  backend.succeeded()
  await clock.turn()
  expect(log).toEqual(['first: go', 'second: go'])
  expect(clock.ownTimers).toBe(0)
})

test('the permit holds until the request is sent: the operation may prepare it first', async () => {
  const { clock, port, begin, log, ask, fail } = setup()
  const prober = begin()
  fail(prober, REFUSED)
  port.isOpen = true
  void ask('prober', prober)
  await clock.advance(250)
  void ask('prober, ready', prober)
  await clock.turn()
  expect(log).toEqual(['prober: go', 'prober, ready: go'])
})

for (const failure of [RESET, BUSY]) {
  test(`a request that fails otherwise (${failure.message}) has its back-off, and bare connections end`, async () => {
    const { clock, port, begin, log, ask, fail } = setup()
    const prober = begin()
    fail(prober, REFUSED)
    port.isOpen = true
    void ask('prober', prober)
    await clock.advance(250)
    fail(prober, failure)
    void ask('prober', prober)
    await clock.advance(BACKOFF - 1)
    expect([port.attempts, log]).toEqual([1, ['prober: go']])
    await clock.advance(1)
    expect([port.attempts, log]).toEqual([1, ['prober: go', 'prober: go']])
  })
}

test('a request that cannot connect again is followed by bare connections again', async () => {
  const { clock, port, begin, log, ask, fail } = setup()
  const prober = begin()
  fail(prober, REFUSED)
  port.isOpen = true
  for (let requests = 1; requests <= 3; requests++) {
    void ask('prober', prober)
    await clock.advance(250)
    expect([port.attempts, log.length]).toEqual([requests, requests])
    fail(prober, REFUSED)
  }
})

test('a backend that asks another request for a pause takes the permit back', async () => {
  const { clock, port, begin, log, ask, fail } = setup()
  const [prober, late] = [begin(), begin()]
  fail(prober, REFUSED)
  void ask('prober', prober)
  await clock.advance(250)
  fail(late, BUSY)
  port.isOpen = true
  await clock.advance(BACKOFF - 251)
  expect([port.attempts, log]).toEqual([1, []])
  await clock.advance(1)
  expect([port.attempts, log]).toEqual([1, ['prober: go']])
})

test('nobody waits: it is looked for until the back-off is over, and the next operation goes at once', async () => {
  const { clock, port, backend, begin, log, ask, fail } = setup()
  const gone = begin()
  fail(gone, REFUSED)
  backend.leave(gone, 1)
  await clock.advance(1000)
  expect(port.attempts).toBe(4)
  port.isOpen = true
  await clock.advance(250)
  await ask('next', begin())
  expect([port.attempts, log]).toEqual([5, ['next: go']])
})

test('an exporter that nobody uses opens no connections, and looks again with the first one that waits', async () => {
  const { clock, port, backend, begin, log, ask, fail } = setup()
  const gone = begin()
  fail(gone, REFUSED)
  backend.leave(gone, 1)
  await clock.advance(BACKOFF)
  const { attempts } = port
  expect(attempts).toBe(BACKOFF / 250 - 1)
  await clock.advance(3_600_000)
  expect(port.attempts).toBe(attempts)
  expect(clock.ownTimers).toBe(0)

  // The back-off is over, so the next operation sends, and it is the one after that waits.
  const next = begin()
  await ask('next', next)
  expect(log).toEqual(['next: go'])
  void ask('behind it', begin())
  // While that one connects, nothing else does.
  await clock.advance(500)
  expect(port.attempts).toBe(attempts)
  fail(next, REFUSED)
  await clock.advance(500)
  expect(port.attempts).toBe(attempts + 2)
})

test('where packets vanish, requests and bare connections never connect at the same time, and pause in between', async () => {
  const { clock, port, backend, begin, log, ask } = setup()
  port.isDeaf = true
  const prober = begin()
  backend.failed(prober, REFUSED)
  backend.holdUntil(prober, clock.now() + 300)
  void ask('prober', prober)
  // From 250 ms to the quiet time at 1050 ms a bare connection is being made.
  await clock.advance(1050)
  expect([port.attempts, log]).toEqual([1, []])
  await clock.advance(49)
  expect([port.attempts, log]).toEqual([1, []])
  await clock.advance(1)
  expect(log).toEqual(['prober: go'])
  const { attempts } = port
  await clock.advance(2000)
  expect(port.attempts).toBe(attempts)
})

test('a prober that leaves without an answer takes the permit with it', async () => {
  const { clock, port, backend, begin, log, ask, fail } = setup()
  const [prober, next] = [begin(), begin()]
  fail(prober, REFUSED)
  port.isOpen = true
  void ask('prober', prober)
  void ask('next', next)
  await clock.advance(250)
  backend.leave(prober, 1)
  await clock.advance(BACKOFF - 251)
  expect([port.attempts, log]).toEqual([1, ['prober: go']])
  await clock.advance(1)
  expect([port.attempts, log]).toEqual([1, ['prober: go', 'next: go']])
})

test('a shutdown sends its last request at once, and no bare connection follows', async () => {
  const { clock, port, backend, closing, begin, log, ask, fail } = setup()
  const [prober, other] = [begin(), begin()]
  fail(prober, REFUSED)
  void ask('prober', prober)
  void ask('other', other)
  await clock.advance(250)
  backend.close()
  closing.abort()
  await clock.turn()
  expect(log).toEqual(['prober: go'])
  fail(prober, REFUSED)
  await clock.turn()
  expect(log).toEqual(['prober: go', 'other: down'])
  for (const operation of [prober, other]) backend.leave(operation, 1)
  await clock.advance(10_000)
  expect(port.attempts).toBe(1)
  expect(clock.ownTimers).toBe(0)
})

test('without a way to connect, only the back-off counts', async () => {
  const clock = new FakeClock(0)
  const backend = new Backend(clock, () => {}, { random: () => 0, connect: undefined })
  const { begin } = setup()
  backend.failed(begin(), REFUSED)
  expect(clock.ownTimers).toBe(0)
})
