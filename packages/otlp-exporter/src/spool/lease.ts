// SPDX-License-Identifier: Apache-2.0
import type { ProcessIdentity, Processes } from './processes.js'

/*
 * `<directory>/<owner id>.lease` says which process owns `<directory>/<owner id>` and every `<directory>/<owner id>.<n>`. It is
 * written before the first of them, and removed after the last of them, or before they change hands. So a directory without a lease
 * has no owner.
 */

export interface Lease extends ProcessIdentity {
  readonly version: 1
  readonly id: string
  /** Grows with every renewal. Only its change means something: clocks of two machines are never compared. */
  readonly beat: number
}

/** How often an owner renews its lease, in milliseconds. */
export const RENEW_MILLIS = 5000
/** An owner that could not renew its lease for this long takes its own directories over before it uses them again. */
export const DOUBT_MILLIS = 20_000
/** Where the process cannot be asked for, an owner is dead when its lease has not changed for this long, in milliseconds. */
export const DEAD_MILLIS = 30_000

const ID = String.raw`\d+-[0-9a-z]+-[0-9a-z]+`
const NAME = new RegExp(String.raw`^(${ID})(?:_(\d+))?(?:\.(\d+|lease))?$`)

/** The parts of a name in the directory of the spool. */
export interface OwnerName {
  /** Whoever owns it: one owner gets a new id when it has to take its own directories over. */
  readonly id: string
  /** The part of the id that stays. */
  readonly base: string
  readonly isLease: boolean
}

/** Unique, without looking at the directory: two containers have the same pids, and may share it. */
export function newOwnerId(pid: number, wallTime: number, random: () => number): string {
  const digits = (): string => Math.floor(random() * 36 ** 8).toString(36)
  return `${pid}-${Math.max(Math.floor(wallTime), 0).toString(36)}-${digits()}${digits()}`
}

/** Undefined if the name is not one that the spool gives. */
export function parseOwnerName(name: string): OwnerName | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, base = '', generation, suffix] = match
  return { base, id: generation === undefined ? base : `${base}_${generation}`, isLease: suffix === 'lease' }
}

/** Always of the same length for one owner, so that it can be written over itself. */
export function encodeLease(id: string, self: ProcessIdentity, beat: number): Uint8Array {
  const { pid, host } = self
  const lease = {
    version: 1,
    id,
    pid,
    startTime: self.startTime ?? null,
    bootId: self.bootId ?? null,
    pidNamespace: self.pidNamespace ?? null,
    host,
    beat: String(beat % 1e10).padStart(10, '0'),
  }
  return new TextEncoder().encode(`${JSON.stringify(lease)}\n`)
}

/** Undefined if it is damaged, cut off or of another version. */
export function decodeLease(bytes: Uint8Array): Lease | undefined {
  try {
    const lease = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    const { version, id, pid, host } = lease
    if (version !== 1 || typeof id !== 'string' || typeof pid !== 'number' || typeof host !== 'string') return undefined
    const beat = Number(lease['beat'])
    const text = (name: string): string | undefined => (typeof lease[name] === 'string' ? lease[name] : undefined)
    const [startTime, bootId, pidNamespace] = [text('startTime'), text('bootId'), text('pidNamespace')]
    return { version, id, pid, startTime, bootId, pidNamespace, host, beat }
  } catch {
    return undefined
  }
}

export type Liveness = 'alive' | 'dead' | 'unknown'

/** Whether the process of a lease is running, if that can be asked: in the same boot of the same machine, and of the same container. */
export function livenessOf(lease: Lease | undefined, processes: Processes): Liveness {
  const { self } = processes
  if (!lease?.startTime || !self.startTime || !lease.bootId || !lease.pidNamespace) return 'unknown'
  if (lease.bootId !== self.bootId || lease.pidNamespace !== self.pidNamespace) return 'unknown'
  try {
    if (processes.startTimeOf(lease.pid) !== lease.startTime) return 'dead'
  } catch {
    return 'unknown'
  }
  // In this very process only the spool itself can be dead: its thread may have ended.
  return lease.pid === self.pid ? 'unknown' : 'alive'
}

/** Watches leases whose process cannot be asked for: their owner lives as long as they change. */
export class LeaseWatch {
  readonly #seen = new Map<string, { text: string; since: number }>()

  /** Whether the lease has been the same for long enough that its owner is dead. `now` is monotonic. */
  isStale(id: string, bytes: Uint8Array, now: number): boolean {
    const text = new TextDecoder('latin1').decode(bytes)
    const seen = this.#seen.get(id)
    if (seen?.text === text) return now - seen.since >= DEAD_MILLIS
    this.#seen.set(id, { text, since: now })
    return false
  }

  /** Forgets what is no longer there. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
  }
}
