// SPDX-License-Identifier: Apache-2.0
import { sumOf } from '@spanring/test-kit/accounting'

/** One promise that a scenario waited for. */
export interface Wait {
  readonly what: string
  readonly millis: number
  readonly status: 'resolved' | 'rejected' | 'hangs'
  /** By when it had to settle, in milliseconds, slack of the machine included. */
  readonly withinMillis: number
  readonly message?: string
}

/** What one run of a scenario came to. A plain object: it crosses the boundary of a process. */
export interface Outcome {
  readonly waits: readonly Wait[]
  /** Spans that ended; of these, spans that a backend took, and spans that the contender counted as lost, by reason. */
  readonly ended: number
  readonly delivered: number
  readonly lost: Readonly<Record<string, number>>
  /** Spans that the contender counted as exported. */
  readonly exported: number
  /** Why spans need not be accounted for at the end of this scenario. */
  readonly unaccounted?: string
  /** What the scenario forbids and yet happened, each in a few words. */
  readonly complaints: readonly string[]
  /** What is worth telling though nothing is wrong with it. */
  readonly notes: readonly string[]
  /** Sockets, timers and lookups that were left after everything was shut down. */
  readonly left: readonly string[]
  /** Lines of warnings and errors that an operator sees. */
  readonly said: readonly string[]
  /** How the process died, where it did. */
  readonly crash?: string
  /** After how long the process gave no answer any more and was killed, in milliseconds. */
  readonly blockedMillis?: number
  /** How long the process lived after its last line, in milliseconds; Infinity if it had to be killed. */
  readonly lingeredMillis?: number
  /** Why this contender cannot be in this scenario. */
  readonly notApplicable?: string
}

/** How long an event loop may go on when nothing keeps it, in milliseconds, on two busy cores. */
const MAX_LINGER_MILLIS = 1000

function lostUncounted({ ended, delivered, exported, lost, unaccounted }: Outcome): number {
  if (unaccounted !== undefined) return 0
  return Math.max(0, ended - Math.max(delivered, exported) - sumOf(lost))
}

export function lostCounted({ lost }: Outcome): number {
  return sumOf(lost)
}

/** Everything that must not happen and did; empty for a contender that stands the scenario. */
export function faultsOf(outcome: Outcome): string[] {
  if (outcome.notApplicable !== undefined) return []
  const { waits, ended, delivered, exported, complaints, left, crash, blockedMillis, lingeredMillis = 0 } = outcome
  const faults: string[] = []
  if (crash !== undefined) faults.push(`the process dies: ${crash}`)
  if (blockedMillis !== undefined) faults.push(`the process gives no answer for ${seconds(blockedMillis)}`)
  for (const { what, millis, status, withinMillis } of waits) {
    if (status === 'hangs') faults.push(`${what} hangs (not settled after ${seconds(millis)})`)
    else if (millis > withinMillis) faults.push(`${what} takes ${seconds(millis)}`)
  }
  faults.push(...complaints)
  if (crash === undefined && blockedMillis === undefined) {
    const uncounted = lostUncounted(outcome)
    if (uncounted > 0) faults.push(`${uncounted} of ${ended} spans lost, not counted`)
    if (exported > delivered) faults.push(`${exported - delivered} more counted as exported than the backend confirmed`)
    const twice = delivered + lostCounted(outcome) - ended
    if (twice > 0) faults.push(`${twice} more counted as lost than were`)
    if (left.length > 0) faults.push(`leaves ${left.join(', ')}`)
    if (lingeredMillis === Infinity) faults.push('the process does not end')
    else if (lingeredMillis > MAX_LINGER_MILLIS) faults.push(`the process lives on for ${seconds(lingeredMillis)}`)
  }
  return faults
}

export function seconds(millis: number): string {
  return `${(millis / 1000).toFixed(1)} s`
}
