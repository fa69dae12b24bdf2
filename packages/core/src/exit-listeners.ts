// SPDX-License-Identifier: Apache-2.0

/**
 * What one of our listeners of the `exit` event does: it sends what is left, or it reports what was lost. Our packages recognise
 * each other's listeners by it, even in several copies, so that the report comes after everything was sent.
 */
export type ExitWork = 'send' | 'report'

const WORK = Symbol.for('spanring.exit.1')

type Listener = (...args: never[]) => void

/** Marks a listener with its work, and returns it. */
export function exitListener<T extends Listener>(work: ExitWork, listener: T): T {
  return Object.assign(listener, { [WORK]: work })
}

/** What a listener does; undefined if it is not ours. */
export function exitWorkOf(listener: unknown): ExitWork | undefined {
  return (listener as { readonly [WORK]?: ExitWork })[WORK]
}

/** Whether the process, or this worker thread, is in its `exit` event. Undefined where the platform does not tell. */
export function isExiting(): boolean | undefined {
  return (globalThis as { readonly process?: { readonly _exiting?: boolean } }).process?.['_exiting']
}
