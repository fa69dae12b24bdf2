// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { codeOf } from './disk.js'

/** What tells a process from every other one, as far as the platform can say it. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it was started, in a unit of the kernel: a later process with the same pid has another one. */
  readonly startTime: string | undefined
  readonly bootId: string | undefined
  /** Pids of different namespaces cannot be compared. */
  readonly pidNamespace: string | undefined
  readonly host: string
}

/** The processes of this machine. Tests pass their own. */
export interface Processes {
  readonly self: ProcessIdentity
  /**
   * Undefined if no such process is running. One that has ended and that its parent has not awaited is not running. Throws if the
   * platform does not say: no descriptor may be left to ask with.
   */
  startTimeOf(pid: number): string | undefined
}

/** Of Linux. Elsewhere only the pid and the host are known. */
export function systemProcesses(): Processes {
  return {
    self: {
      pid: process.pid,
      startTime: attempt(() => startTimeOf('self')),
      bootId: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
      pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
      host: attempt(hostname) ?? '',
    },
    startTimeOf,
  }
}

function startTimeOf(pid: number | 'self'): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return undefined
    throw error
  }
  // The second field is the name of the program in parentheses, and may contain any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTime = fields[19]
  // Some sandboxes say 0 for every process.
  return state === 'Z' || state === 'X' || startTime === '0' ? undefined : startTime
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
