// SPDX-License-Identifier: Apache-2.0

interface Counter {
  readonly count?: number
}

/**
 * Whether anybody but us listens to the signal. The package signal-exit, which half of npm depends on, does not count:
 * it raises the signal again itself when no other listener is left, so it and we would wait for each other for ever.
 */
export function appListensTo(signal: NodeJS.Signals, own: (signal: never) => void): boolean {
  const others = process.listeners(signal).filter((listener) => listener !== own)
  return others.length > signalExitListeners()
}

/** Each copy of signal-exit adds one listener, and its count to one shared object; that of 4.x, and that of older ones. */
function signalExitListeners(): number {
  const newer = (globalThis as Record<symbol, Counter | undefined>)[Symbol.for('signal-exit emitter')]
  const older = (process as unknown as Record<string, Counter | undefined>)['__signal_exit_emitter__']
  return (newer?.count ?? 0) + (older?.count ?? 0)
}
