// SPDX-License-Identifier: Apache-2.0
import { systemClock } from '@spanring/core/clock'
import { logToStderr } from '../stderr.js'
import { afterSignalExit } from './signal-exit.js'

/** In one iteration of the event loop. Another package may want to be last as well, and the two would move for ever. */
const MAX_MOVES = 1000

/** Members of `process` that its types leave out. */
interface ExitingProcess {
  _exiting?: boolean
  reallyExit?: (code?: number) => void
}

/**
 * Writes one sentence to stderr when the process ends, after everything that the application does at that moment: spans
 * that it traces in its own `exit` listeners belong to the counts.
 *
 * Two listeners of `exit` do this. The first stays in front of all others, and replaces `process.reallyExit`, which runs
 * even where a listener calls `process.exit()` and so keeps those behind it from running. The last one stays behind all
 * others; both move in a microtask whenever somebody adds a listener.
 */
export class ExitReport {
  readonly #text: () => string | undefined
  #written: string | undefined
  #isMoving = false
  #moves = 0
  /** Whether `#onExitLast` was last when the exit began: Node.js calls the listeners that it had at that moment. */
  #isLast = true
  /** The process had nothing left to do a moment ago, so this exit is not caused by `process.exit`. */
  #isIdle = false

  constructor(text: () => string | undefined) {
    this.#text = text
    process.on('exit', this.#onExitFirst)
    process.on('exit', this.#onExitLast)
    process.on('newListener', (event, listener) => {
      if (event === 'exit' && listener !== this.#onExitFirst && listener !== this.#onExitLast) this.#onOtherListener()
    })
    process.on('uncaughtExceptionMonitor', () => {
      // An exception in an `exit` listener keeps those behind it from being called. Any other one leads to `exit` at once.
      if (isExiting()) this.write()
      else this.#moveToEnds()
    })
    process.on('beforeExit', () => {
      this.#isIdle = true
      systemClock.soon(() => (this.#isIdle = false), false)
    })
  }

  /** Writes nothing if there is nothing to report, or nothing new. */
  write(): void {
    const text = this.#text()
    if (text === undefined || text === this.#written) return
    this.#written = text
    logToStderr('WARN', text)
  }

  /** As `write`, but after the callbacks of the package signal-exit where those are still to come. */
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
      // A frozen process does not let its listeners be changed. An exception here would end it.
    }
  }

  readonly #onExitFirst = (): void => {
    const exiting = process as ExitingProcess
    const { reallyExit } = exiting
    const writeAndExit = (code?: number): void => {
      this.write()
      reallyExit?.call(process, code)
    }
    // Fails where it cannot be replaced, as in a frozen process.
    const isReplaced = reallyExit !== undefined && Reflect.set(exiting, 'reallyExit', writeAndExit)
    // If other listeners are behind `#onExitLast`, then `process.exit` runs in the same stretch of code that added them, and
    // `reallyExit` comes after them.
    this.#isLast = !isReplaced || this.#isIdle || process.listeners('exit').at(-1) === this.#onExitLast
  }

  readonly #onExitLast = (): void => {
    if (this.#isLast) this.writeAfterSignalExit()
  }
}

function isExiting(): boolean {
  return (process as ExitingProcess)['_exiting'] === true
}
