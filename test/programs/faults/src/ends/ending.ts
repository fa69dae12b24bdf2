// SPDX-License-Identifier: Apache-2.0

/** How a process under load ends, and what its backend is like. */
export interface Ending {
  /** Of its row: E1, E2, … */
  readonly id: string
  readonly how: How
  readonly backend: Backend
  /** Whether spans that wait for the backend are on disk, and another process with the same spool follows. */
  readonly hasSpool: boolean
}

export type How = 'return' | 'shutdown' | 'exit' | 'sigterm' | 'exception' | 'kill'
export type Backend = 'healthy' | 'slow' | 'dead'

export const HOW: Readonly<Record<How, string>> = {
  return: 'has nothing left to do, without a `shutdown`',
  shutdown: 'awaits `shutdown` and has nothing left to do',
  sigterm: 'gets SIGTERM; its handler awaits `shutdown` and exits',
  exit: 'calls `process.exit(0)`',
  exception: 'throws an exception that nobody catches',
  kill: 'is killed by SIGKILL',
}

export const BACKENDS: Readonly<Record<Backend, string>> = {
  healthy: 'healthy',
  slow: 'slow: answers after 0.3 s',
  dead: 'dead: nobody listens',
}

/** Nobody expects anything of a process that is killed, unless it has a spool. */
const WITHOUT_SPOOL = (Object.keys(HOW) as How[]).filter((how) => how !== 'kill')
const WITH_SPOOL = Object.keys(HOW) as How[]

/** Every row, those without a spool first. */
const ALL: readonly Ending[] = [WITHOUT_SPOOL, WITH_SPOOL]
  .flatMap((ways, index) =>
    ways.flatMap((how) => (Object.keys(BACKENDS) as Backend[]).map((backend) => ({ how, backend, hasSpool: index === 1 }))),
  )
  .map((ending, index) => ({ id: `E${index + 1}`, ...ending }))

export const ENDINGS: readonly Ending[] = ALL.filter(({ hasSpool }) => !hasSpool)

export const SPOOL_ENDINGS: readonly Ending[] = ALL.filter(({ hasSpool }) => hasSpool)

/** What the process says of itself in its last moment. */
export interface LastWords {
  readonly ended: number
  readonly lost: number
  /** Spans that are in the spool for the next process. */
  readonly kept: number
  /** Spans that were still on their way; undefined where the contender does not tell. */
  readonly pending: number | undefined
  /** How long it lived after its end began, in milliseconds. */
  readonly millis: number
}

export interface EndOutcome extends LastWords {
  readonly code: number | null
  /** Spans that the backend has read, whether or not anybody waited for its answer. Those of the next process are among them. */
  readonly arrived: number
  /** How many of these it has read twice. */
  readonly twice: number
  /** What the next process has done; undefined without a spool, or if nothing is in it. */
  readonly next: NextProcess | undefined
  /** Lines on stderr, without stack traces. */
  readonly said: readonly string[]
  /** It had not ended when it was killed. */
  readonly wasKilled: boolean
}

/** The last words of the process that uses the same spool afterwards. */
export interface HeirWords {
  /** Spans that an earlier process has left, and how many of them have been exported and have failed. */
  readonly found: number
  readonly exported: number
  readonly failed: number
}

export interface NextProcess extends HeirWords {
  /** Lines on stderr. */
  readonly said: readonly string[]
  readonly code: number | null
}
