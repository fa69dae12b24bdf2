// SPDX-License-Identifier: Apache-2.0

/**
 * What a listener of the `exit` event does, if it is one of ours: it sends what is left, or it reports what was lost. Copies of
 * our packages recognise each other's listeners by it, so that the report comes after everything that was sent.
 */
export type ExitWork = 'send' | 'report'

const WORK = Symbol.for('spanring.exit.1')

type Listener = (...args: never[]) => void

/** Marks a listener with its work, and returns it. */
export function exitListener<T extends Listener>(work: ExitWork, listener: T): T {
  return Object.assign(listener, { [WORK]: work })
}

/** Undefined for a listener that is not ours. */
export function exitWorkOf(listener: unknown): ExitWork | undefined {
  return (listener as { readonly [WORK]?: ExitWork })[WORK]
}

/** Whether the process, or this worker thread, is in its `exit` event. Undefined where the platform does not tell. */
export function isExiting(): boolean | undefined {
  return (globalThis as { readonly process?: { readonly _exiting?: boolean } }).process?.['_exiting']
}
