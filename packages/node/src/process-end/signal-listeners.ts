// SPDX-License-Identifier: Apache-2.0
import { signalExitListeners } from './signal-exit.js'

/**
 * Our signal listeners. Also knows whether the application listened to a signal when the signal arrived. That takes more than
 * a look at the listeners: Node.js removes a `once` listener before calling it, and a listener that runs before ours may
 * remove itself and others.
 */
export class SignalListeners {
  /** A separate function for each signal, because an application's `process.emit('SIGTERM')` passes no name. */
  readonly #own = new Map<string, () => void>()
  /** How many listeners were removed since the last microtask; while a signal is emitted, that is since it arrived. */
  readonly #removed = new Map<string, number>()

  constructor(signals: readonly NodeJS.Signals[], onSignal: (signal: NodeJS.Signals) => void) {
    for (const signal of signals) this.#own.set(signal, () => onSignal(signal))
    process.on('removeListener', (name: string, listener) => {
      if (!this.#own.has(name) || listener === this.#own.get(name)) return
      this.#count(name, 1)
      // Runs once all listeners of the signal have been called.
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
   * Whether the application listens to the signal. Call this only while the signal is being emitted. Listeners of the package
   * signal-exit do not count: it raises the signal again only when no other listener is left, so it would wait for us while
   * we wait for it.
   */
  appListensTo(signal: NodeJS.Signals): boolean {
    const own = this.#own.get(signal)
    const others = process.listeners(signal).filter((listener) => listener !== own)
    return others.length + (this.#removed.get(signal) ?? 0) > signalExitListeners()
  }

  #count(name: string, change: number): void {
    this.#removed.set(name, (this.#removed.get(name) ?? 0) + change)
  }
}
