// SPDX-License-Identifier: Apache-2.0
import type { EventEmitter } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { SignalListeners } from '../../src/process-end/signal-listeners.js'

/** One that nobody else listens to here. */
const SIGNAL = 'SIGUSR2'
const SIGNAL_EXIT = Symbol.for('signal-exit emitter')

let answer: boolean | undefined
const listeners = new SignalListeners([SIGNAL], (signal) => (answer = listeners.appListensTo(signal)))

/** Whether the application listens, as our own listener sees it. */
function arrive(): boolean | undefined {
  // Without its name, as applications pass one signal on as another.
  ;(process as EventEmitter).emit(SIGNAL)
  return answer
}

function nothing(): void {}

afterEach(() => {
  process.removeAllListeners(SIGNAL)
  delete (globalThis as Record<symbol, unknown>)[SIGNAL_EXIT]
})

test('nobody listens but us', () => {
  listeners.add()

  expect(arrive()).toBe(false)
})

test.each<[string, () => unknown]>([
  ['with once, before us', () => (process.once(SIGNAL, nothing), listeners.add())],
  ['with once, prepended', () => (listeners.add(), process.prependOnceListener(SIGNAL, nothing))],
  ['after us', () => (listeners.add(), process.once(SIGNAL, nothing))],
  ['and removes every listener, ours too', () => (process.on(SIGNAL, () => process.removeAllListeners(SIGNAL)), listeners.add())],
])('the application listens %s', (_how, listen) => {
  listen()

  expect(arrive()).toBe(true)
})

test('a listener that was removed before the signal arrived is none', async () => {
  listeners.add()
  process.once(SIGNAL, nothing)
  expect(arrive()).toBe(true)
  await Promise.resolve()

  expect(arrive()).toBe(false)
})

test('the listeners of signal-exit are none, and those beside them are', () => {
  ;(globalThis as Record<symbol, unknown>)[SIGNAL_EXIT] = { count: 1 }
  process.on(SIGNAL, nothing)
  listeners.add()
  expect(arrive()).toBe(false)

  process.prependOnceListener(SIGNAL, nothing)
  expect(arrive()).toBe(true)
})
