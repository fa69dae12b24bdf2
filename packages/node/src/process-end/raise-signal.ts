// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import { systemClock } from '@spanring/core/clock'
import type { ExitReport } from './exit-report.js'
import type { SignalListeners } from './signal-listeners.js'

/** How long the first process of a container may survive the signal that it sent to itself, in milliseconds. */
const FIRST_PROCESS_MILLIS = 100

/** Ends the process by the signal, as it would have ended without our listeners. */
export function raiseSignal(signal: NodeJS.Signals, listeners: SignalListeners, report: ExitReport): void {
  const code = 128 + constants.signals[signal]
  try {
    listeners.remove()
  } catch {
    // The listeners of a frozen `process` object cannot be removed, so the signal would not end the process.
    process.exit(code)
  }
  report.writeAfterSignalExit()
  try {
    process.kill(process.pid, signal)
  } catch {
    // A sandbox may forbid signals, and a test may replace this function. The process has to end anyway.
    process.exit(code)
  }
  // If the first process of a container sends itself a signal without a listener, the kernel drops the signal.
  if (process.pid === 1) systemClock.startTimer(() => process.exit(code), FIRST_PROCESS_MILLIS, true)
}
