// SPDX-License-Identifier: Apache-2.0
import { signalExitListeners } from './signal-exit.js'

/**
 * Our signal listeners. Also tells whether the application listened to a signal when it arrived: Node.js removes a `once`
 * listener before it calls it, and a listener that runs before ours may remove itself and others.
 */
export class SignalListeners {
  /** One function for each signal, because `process.emit('SIGTERM')`, as applications write it, passes no name. */
  readonly #own = new Map<string, () => void>()
  /** How many listeners were removed in the current stretch of code, which is the signal's own while it is emitted. */
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
   * Whether the application listens to the signal. Call it only while the signal is emitted. Listeners of the package
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
