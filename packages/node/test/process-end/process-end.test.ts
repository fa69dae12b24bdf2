// SPDX-License-Identifier: Apache-2.0
// What no program can bring about in time, or without being the first process of a container. How a process ends otherwise
// is in test/suites/register/exit.test.ts.
import type { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadableSpan } from '@spanring/batch-span-processor'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SpanProcessor } from '../../src/pipeline/composite-processor.js'
import { sumStats } from '../../src/pipeline/sum-stats.js'
import { ProcessEnd } from '../../src/process-end/process-end.js'
import { RenewableProcessor } from '../../src/process-end/renewable-processor.js'

const EXIT_MILLIS = 300
const EVENTS = ['SIGTERM', 'SIGINT', 'beforeExit', 'exit', 'newListener', 'removeListener', 'uncaughtExceptionMonitor'] as const
const SPAN = {} as ReadableSpan

type Listener = (...args: unknown[]) => void
let before: Map<string, Listener[]>
const exit = vi.spyOn(process, 'exit')
const kill = vi.spyOn(process, 'kill')

beforeEach(() => {
  vi.stubEnv('SPANRING_EXIT_TIMEOUT', String(EXIT_MILLIS))
  exit.mockReset().mockReturnValue(undefined as never)
  kill.mockReset().mockReturnValue(true)
  before = new Map(EVENTS.map((event) => [event, process.rawListeners(event) as Listener[]]))
})

afterEach(() => {
  vi.unstubAllEnvs()
  for (const [event, listeners] of before) {
    for (const listener of process.rawListeners(event) as Listener[]) {
      if (!listeners.includes(listener)) process.removeListener(event, listener)
    }
  }
})

/** Spans are delivered at once; what else `NodeSDK` shuts down, such as metrics, hangs. */
function setup() {
  const processor: SpanProcessor = {
    onStart() {},
    onEnd() {},
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
    stats: () => sumStats([]),
  }
  const spans = new RenewableProcessor([processor], () => [processor])
  const shutdown = vi.fn<() => Promise<void>>(() => new Promise(() => {}))
  new ProcessEnd({ shutdown }, spans).watch()
  return { spans, shutdown }
}

/** Tells the listeners that were added since the test began, and not those of the test runner. */
function emit(event: 'SIGTERM' | 'beforeExit'): void {
  const others = before.get(event) ?? []
  for (const listener of others) process.removeListener(event, listener)
  ;(process as EventEmitter).emit(event)
  for (const listener of others) process.on(event, listener)
}

/** A timer that the test starts sooner would count as something that the application still does. */
async function haveNothingLeftToDo(): Promise<void> {
  emit('beforeExit')
  await Promise.resolve()
}

test('a prompt flush that waits when the shutdown begins does not delay the exit', async () => {
  const { spans } = setup()
  process.on('SIGTERM', () => {})
  emit('SIGTERM')
  spans.onEnd(SPAN)
  await sleep(2)
  // Waits for the rest of its 10 ms.
  spans.onEnd(SPAN)
  const beganAt = performance.now()
  await haveNothingLeftToDo()

  await expect.poll(() => exit.mock.calls.length, { timeout: 5000, interval: 5 }).toBe(1)
  expect(performance.now() - beganAt).toBeLessThan(EXIT_MILLIS * 1.6)
  expect(exit).toHaveBeenCalledWith()
})

test('a signal during the shutdown ends the process by itself alone: no exit without its code follows', async () => {
  const { shutdown } = setup()
  await haveNothingLeftToDo()
  await expect.poll(() => shutdown.mock.calls.length, { timeout: 5000 }).toBe(1)
  emit('SIGTERM')

  await expect.poll(() => kill.mock.calls, { timeout: 5000 }).toEqual([[process.pid, 'SIGTERM']])
  await sleep(50)
  expect(exit).not.toHaveBeenCalled()
})
