// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test } from 'vitest'
import { SignalListeners } from '../src/signal-listeners.js'

/** One that nobody else listens to here. */
const SIGNAL = 'SIGUSR2'
const SIGNAL_EXIT = Symbol.for('signal-exit emitter')

let answer: boolean | undefined
const own = (): void => void (answer = listeners.includeApp(SIGNAL))
const listeners = new SignalListeners(own, [SIGNAL])

/** Whether the application listens, as our own listener sees it. */
function arrive(): boolean | undefined {
  process.emit(SIGNAL, SIGNAL)
  return answer
}

function nothing(): void {}

afterEach(() => {
  process.removeAllListeners(SIGNAL)
  delete (globalThis as Record<symbol, unknown>)[SIGNAL_EXIT]
})

test('nobody listens but us', () => {
  process.on(SIGNAL, own)

  expect(arrive()).toBe(false)
})

test.each<[string, () => void]>([
  ['with once, before us', () => process.once(SIGNAL, nothing).on(SIGNAL, own)],
  ['with once, prepended', () => process.on(SIGNAL, own).prependOnceListener(SIGNAL, nothing)],
  ['after us', () => process.on(SIGNAL, own).once(SIGNAL, nothing)],
  ['and removes every listener, ours too', () => process.on(SIGNAL, () => process.removeAllListeners(SIGNAL)).on(SIGNAL, own)],
])('the application listens %s', (_how, listen) => {
  listen()

  expect(arrive()).toBe(true)
})

test('a listener that was removed before the signal arrived is none', async () => {
  process.on(SIGNAL, own).once(SIGNAL, nothing)
  expect(arrive()).toBe(true)
  await Promise.resolve()

  expect(arrive()).toBe(false)
})

test('the listeners of signal-exit are none, and those beside them are', () => {
  ;(globalThis as Record<symbol, unknown>)[SIGNAL_EXIT] = { count: 1 }
  process.on(SIGNAL, nothing).on(SIGNAL, own)
  expect(arrive()).toBe(false)

  process.prependOnceListener(SIGNAL, nothing)
  expect(arrive()).toBe(true)
})
