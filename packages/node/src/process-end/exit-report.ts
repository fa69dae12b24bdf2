// SPDX-License-Identifier: Apache-2.0
import { soon } from '../clock.js'
import { say } from '../stderr.js'
import { afterSignalExit } from './signal-exit.js'

/** In one turn of the event loop. Others may want to be last as well, and would take turns with us for ever. */
const MAX_MOVES = 1000

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
  #isMoving = false
  #moves = 0
  /** As it was when the exit began: Node.js calls those that were there then. */
  #isLast = true
  /** Nothing was left to do a moment ago, so an exit is not by `process.exit`. */
  #isIdle = false

  constructor(text: () => string | undefined) {
    this.#text = text
    process.on('exit', this.#onExitBegin)
    process.on('exit', this.#onExit)
    process.on('newListener', (event, listener) => {
      if (event === 'exit' && listener !== this.#onExitBegin && listener !== this.#onExit) this.#onOther()
    })
    process.on('uncaughtExceptionMonitor', () => {
      // One of a listener of `exit` keeps those behind it from being called; any other leads to `exit` at once.
      if (isExiting()) this.say()
      else this.#moveToEnds()
    })
    process.on('beforeExit', () => {
      this.#isIdle = true
      soon(() => (this.#isIdle = false)).unref()
    })
  }

  /** Says nothing if nothing is left to say. */
  say(): void {
    const text = this.#text()
    if (text === undefined || text === this.#said) return
    this.#said = text
    say('WARN', text)
  }

  /** As `say`, where the package signal-exit calls what the application has given it after this. */
  sayLater(): void {
    if (!afterSignalExit(() => this.say())) this.say()
  }

  #onOther(): void {
    if (isExiting() || this.#isMoving || this.#moves >= MAX_MOVES) return
    if (this.#moves++ === 0) soon(() => (this.#moves = 0)).unref()
    this.#isMoving = true
    // The other is added after this.
    queueMicrotask(() => {
      this.#isMoving = false
      this.#moveToEnds()
    })
  }

  #moveToEnds(): void {
    try {
      if (process.listeners('exit')[0] !== this.#onExitBegin) {
        process.removeListener('exit', this.#onExitBegin)
        process.prependListener('exit', this.#onExitBegin)
      }
      if (process.listeners('exit').at(-1) !== this.#onExit) {
        process.removeListener('exit', this.#onExit)
        process.on('exit', this.#onExit)
      }
    } catch {
      // Not every process lets its listeners be changed; what this throws would end it.
    }
  }

  /** Before all others: one of them may call `process.exit`, and then no other is called, but `reallyExit` is. */
  readonly #onExitBegin = (): void => {
    const exiting = process as ExitingProcess
    const { reallyExit } = exiting
    const sayAndExit = (code?: number): void => {
      this.say()
      reallyExit?.call(process, code)
    }
    // Not where it cannot be replaced, as in a frozen process.
    const isReplaced = reallyExit !== undefined && Reflect.set(exiting, 'reallyExit', sayAndExit)
    // With others behind `#onExit`, `process.exit` runs in the very stretch of code that added them, and comes after them.
    this.#isLast = !isReplaced || this.#isIdle || process.listeners('exit').at(-1) === this.#onExit
  }

  readonly #onExit = (): void => {
    if (this.#isLast) this.sayLater()
  }
}

function isExiting(): boolean {
  return (process as ExitingProcess)['_exiting'] === true
}
