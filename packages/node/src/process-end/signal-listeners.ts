// SPDX-License-Identifier: Apache-2.0
import { signalExitListeners } from './signal-exit.js'

/**
 * Our listeners of signals, and whether the application listens to one, as it was when the signal arrived: a listener of
 * `once` is removed before it is called, and those that are called before ours may remove themselves and others.
 */
export class SignalListeners {
  /** One for each signal, which knows its name: `process.emit('SIGTERM')`, as applications write it, passes none. */
  readonly #own = new Map<string, () => void>()
  /** Removed in this very stretch of code, which is that of the signal if one is being told to its listeners. */
  readonly #removed = new Map<string, number>()

  constructor(signals: readonly NodeJS.Signals[], onSignal: (signal: NodeJS.Signals) => void) {
    for (const signal of signals) this.#own.set(signal, () => onSignal(signal))
    process.on('removeListener', (name: string, listener) => {
      if (!this.#own.has(name) || listener === this.#own.get(name)) return
      this.#count(name, 1)
      // Runs when all listeners have been called.
      queueMicrotask(() => this.#count(name, -1))
    })
  }

  add(): void {
    for (const [signal, listener] of this.#own) process.on(signal, listener)
  }

  remove(): void {
    for (const [signal, listener] of this.#own) process.removeListener(signal, listener)
  }

  /**
   * Asked while a signal is told to its listeners. The package signal-exit, which half of npm depends on, does not count:
   * it raises the signal again itself when no other listener is left, so it and we would wait for each other for ever.
   */
  includeApp(signal: NodeJS.Signals): boolean {
    const own = this.#own.get(signal)
    const others = process.listeners(signal).filter((listener) => listener !== own)
    return others.length + (this.#removed.get(signal) ?? 0) > signalExitListeners()
  }

  #count(name: string, change: number): void {
    this.#removed.set(name, (this.#removed.get(name) ?? 0) + change)
  }
}
