// SPDX-License-Identifier: Apache-2.0

interface Counter {
  readonly count?: number
}

/**
 * Whether the application listens to a signal, as it was when the signal arrived: a listener of `once` is removed before
 * it is called, and those that are called before ours may remove themselves and others.
 */
export class SignalListeners {
  readonly #own: NodeJS.SignalsListener
  /** Removed in this very stretch of code, which is that of the signal if one is being told to its listeners. */
  readonly #removed = new Map<string, number>()

  constructor(own: NodeJS.SignalsListener, signals: readonly NodeJS.Signals[]) {
    this.#own = own
    process.on('removeListener', (name: string, listener) => {
      if (listener === own || !(signals as readonly string[]).includes(name)) return
      this.#count(name, 1)
      // Runs when all listeners have been called.
      queueMicrotask(() => this.#count(name, -1))
    })
  }

  /**
   * Asked from our own listener. The package signal-exit, which half of npm depends on, does not count: it raises the
   * signal again itself when no other listener is left, so it and we would wait for each other for ever.
   */
  includeApp(signal: NodeJS.Signals): boolean {
    const others = process.listeners(signal).filter((listener) => listener !== this.#own)
    return others.length + (this.#removed.get(signal) ?? 0) > signalExitListeners()
  }

  #count(name: string, change: number): void {
    this.#removed.set(name, (this.#removed.get(name) ?? 0) + change)
  }
}

/** Each copy of signal-exit adds one listener, and its count to one shared object; that of 4.x, and that of older ones. */
function signalExitListeners(): number {
  const newer = (globalThis as Record<symbol, Counter | undefined>)[Symbol.for('signal-exit emitter')]
  const older = (process as unknown as Record<string, Counter | undefined>)['__signal_exit_emitter__']
  return (newer?.count ?? 0) + (older?.count ?? 0)
}
