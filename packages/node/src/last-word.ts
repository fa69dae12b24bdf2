// SPDX-License-Identifier: Apache-2.0
import { say } from './say.js'

/** Others may want to be last as well, and would take turns with us for ever. */
const MAX_MOVES = 100

/** What of `process` its types leave out. */
interface ExitingProcess {
  _exiting?: boolean
  reallyExit?: (code?: number) => void
}

/**
 * One sentence on stderr when the process ends, after everything that the application does at that moment: what it
 * traces in its own `exit` listeners belongs to the counts.
 */
export class LastWord {
  readonly #text: () => string | undefined
  #said: string | undefined
  #isLast = true
  #moves = 0

  constructor(text: () => string | undefined) {
    this.#text = text
    process.on('exit', this.#onExit)
    process.on('newListener', (event, listener) => {
      if (event === 'exit' && listener !== this.#onExit) this.#onOther()
    })
    process.on('uncaughtExceptionMonitor', () => {
      // One of a listener of `exit` keeps those behind it from being called; any other leads to `exit` at once.
      if (isExiting()) this.say()
      else this.#moveToEnd()
    })
  }

  /** Says nothing if nothing is left to say. */
  say(): void {
    const text = this.#text()
    if (text === undefined || text === this.#said) return
    this.#said = text
    say('WARN', text)
  }

  #onOther(): void {
    // Node.js calls those alone that were there when the exit began.
    if (isExiting() || this.#moves >= MAX_MOVES) return
    this.#isLast = false
    // The other is added after this.
    queueMicrotask(() => this.#moveToEnd())
  }

  #moveToEnd(): void {
    if (this.#isLast) return
    this.#moves++
    process.removeListener('exit', this.#onExit)
    process.on('exit', this.#onExit)
    this.#isLast = true
  }

  readonly #onExit = (): void => {
    const exiting = process as ExitingProcess
    const { reallyExit } = exiting
    // With others behind this one, `process.exit` runs in the very stretch of code that added them, and calls that next.
    if (this.#isLast || reallyExit === undefined) this.say()
    if (reallyExit === undefined) return
    // Also where nothing is behind it: the listeners of the package signal-exit come after all of `exit`.
    exiting.reallyExit = (code) => {
      this.say()
      reallyExit.call(process, code)
    }
  }
}

function isExiting(): boolean {
  return (process as ExitingProcess)['_exiting'] === true
}
