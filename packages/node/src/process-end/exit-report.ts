// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core/clock'
import { exitListener, exitWorkOf, isExiting } from '@spanring/core/exit-listeners'
import { logToStderr } from '../stderr.js'
import { afterSignalExit } from './signal-exit.js'

/** The limit in one iteration of the event loop. If another package also wants to be last, both would move for ever. */
const MAX_MOVES = 1000

/** A member of `process` that its types leave out. */
interface ExitingProcess {
  reallyExit?: (code?: number) => void
}

/**
 * Writes one sentence to stderr when the process ends, after everything that the application does at that moment: the counts
 * include spans that end in its own `exit` listeners.
 *
 * Two listeners of `exit` do this. One stays in front of all others and replaces `process.reallyExit`. That function runs even
 * if a listener calls `process.exit()`, which keeps the listeners behind it from running. The other one stays behind all
 * others. Both move in a microtask whenever a listener is added.
 */
export class ExitReport {
  readonly #text: () => string | undefined
  #written: string | undefined
  #isMoving = false
  #moves = 0
  /** Whether `#onExitLast` was last when the exit began. Node.js calls only the listeners that existed at that moment. */
  #isLast = true
  /** Whether the process had nothing left to do a moment ago, so that `process.exit` is not the cause of this exit. */
  #isIdle = false

  constructor(text: () => string | undefined) {
    this.#text = text
    process.on('exit', this.#onExitFirst)
    process.on('exit', this.#onExitLast)
    process.on('newListener', (event, listener) => {
      if (event === 'exit' && listener !== this.#onExitFirst && listener !== this.#onExitLast) this.#onOtherListener()
    })
    process.on('uncaughtExceptionMonitor', () => {
      // An exception in an `exit` listener keeps later listeners from being called. Any other exception causes `exit` at once.
      if (isExiting()) this.write()
      else this.#moveToEnds()
    })
    process.on('beforeExit', () => {
      this.#isIdle = true
      systemClock.soon(() => (this.#isIdle = false), false)
    })
  }

  /** Does nothing if there is nothing to report, or nothing new. */
  write(): void {
    sendLast()
    const text = this.#text()
    if (text === undefined || text === this.#written) return
    this.#written = text
    logToStderr('WARN', text)
  }

  /** Like `write`, but after the callbacks of the package signal-exit if those have not run yet. */
  writeAfterSignalExit(): void {
    if (!afterSignalExit(() => this.write())) this.write()
  }

  #onOtherListener(): void {
    if (isExiting() || this.#isMoving || this.#moves >= MAX_MOVES) return
    if (this.#moves++ === 0) systemClock.soon(() => (this.#moves = 0), false)
    this.#isMoving = true
    // Node.js emits `newListener` before it adds the listener.
    queueMicrotask(() => {
      this.#isMoving = false
      this.#moveToEnds()
    })
  }

  #moveToEnds(): void {
    try {
      if (process.listeners('exit')[0] !== this.#onExitFirst) {
        process.removeListener('exit', this.#onExitFirst)
        process.prependListener('exit', this.#onExitFirst)
      }
      if (process.listeners('exit').at(-1) !== this.#onExitLast) {
        process.removeListener('exit', this.#onExitLast)
        process.on('exit', this.#onExitLast)
      }
    } catch {
      // The listeners of a frozen `process` object cannot be changed. An exception here would end the process.
    }
  }

  readonly #onExitFirst = exitListener('report', (): void => {
    const exiting = process as ExitingProcess
    const { reallyExit } = exiting
    const writeAndExit = (code?: number): void => {
      this.write()
      reallyExit?.call(process, code)
    }
    // False if it cannot be replaced, for example because the `process` object is frozen.
    const isReplaced = reallyExit !== undefined && Reflect.set(exiting, 'reallyExit', writeAndExit)
    // If other listeners are behind `#onExitLast`, then `process.exit` runs in the same stretch of code that added them, and
    // `reallyExit` comes after them.
    this.#isLast = !isReplaced || this.#isIdle || process.listeners('exit').at(-1) === this.#onExitLast
  })

  readonly #onExitLast = exitListener('report', (): void => {
    if (this.#isLast) this.writeAfterSignalExit()
  })
}

/** An exporter with a thread of its own can still send in the `exit` event. It may have done so before the last spans ended. */
function sendLast(): void {
  if (isExiting() !== true) return
  for (const listener of process.listeners('exit')) if (exitWorkOf(listener) === 'send') listener(0)
}
