// SPDX-License-Identifier: Apache-2.0
// Support for the npm package signal-exit, which a great many packages depend on. It runs callbacks after all `exit`
// listeners, and when a signal ends the process. All copies of 4.x share one emitter object, and all older copies another.

interface Emitter {
  /** How many copies are in use; each adds one listener to each signal. */
  readonly count?: number
  readonly emitted?: Readonly<Record<string, boolean | undefined>>
  on?(event: string, listener: () => void): void
}

const NEWER = { key: Symbol.for('signal-exit emitter'), last: 'afterExit' }
const OLDER = { key: '__signal_exit_emitter__', last: 'afterexit' }

/** How many listeners of a signal belong to signal-exit. */
export function signalExitListeners(): number {
  return emitters().reduce((sum, { emitter }) => sum + (emitter.count ?? 0), 0)
}

/** Calls `then` after everything that signal-exit calls when the process ends. Returns false if it will call nothing. */
export function afterSignalExit(then: () => void): boolean {
  const waiting = emitters().filter(({ emitter, last }) => (emitter.count ?? 0) > 0 && emitter.on && !emitter.emitted?.[last])
  let left = waiting.length
  for (const { emitter, last } of waiting) emitter.on?.(last, () => --left === 0 && then())
  return left > 0
}

function emitters(): { emitter: Emitter; last: string }[] {
  const newer = (globalThis as Record<symbol, Emitter | undefined>)[NEWER.key]
  const older = (process as unknown as Record<string, Emitter | undefined>)[OLDER.key]
  return [...(newer ? [{ emitter: newer, last: NEWER.last }] : []), ...(older ? [{ emitter: older, last: OLDER.last }] : [])]
}
