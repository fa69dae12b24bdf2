// SPDX-License-Identifier: Apache-2.0

/** How a process under load ends, and what its backend is like. */
export interface Ending {
  /** Of its row: E1, E2, … */
  readonly id: string
  readonly how: How
  readonly backend: Backend
}

export type How = 'return' | 'shutdown' | 'exit' | 'sigterm' | 'exception'
export type Backend = 'healthy' | 'slow' | 'dead'

export const HOW: Readonly<Record<How, string>> = {
  return: 'has nothing left to do, without a `shutdown`',
  shutdown: 'awaits `shutdown` and has nothing left to do',
  sigterm: 'gets SIGTERM; its handler awaits `shutdown` and exits',
  exit: 'calls `process.exit(0)`',
  exception: 'throws an exception that nobody catches',
}

export const BACKENDS: Readonly<Record<Backend, string>> = {
  healthy: 'healthy',
  slow: 'slow: answers after 0.3 s',
  dead: 'dead: nobody listens',
}

export const ENDINGS: readonly Ending[] = (Object.keys(HOW) as How[])
  .flatMap((how) => (Object.keys(BACKENDS) as Backend[]).map((backend) => ({ how, backend })))
  .map((ending, index) => ({ id: `E${index + 1}`, ...ending }))

/** What the process says of itself in its last moment. */
export interface LastWords {
  readonly ended: number
  readonly lost: number
  /** Spans that were still on their way; undefined where the contender does not tell. */
  readonly pending: number | undefined
  /** How long it lived after its end began, in milliseconds. */
  readonly millis: number
}

export interface EndOutcome extends LastWords {
  readonly code: number | null
  /** Spans that the backend has read, whether or not anybody waited for its answer. */
  readonly arrived: number
  /** Lines on stderr, without stack traces. */
  readonly said: readonly string[]
  /** It had not ended when it was killed. */
  readonly wasKilled: boolean
}
