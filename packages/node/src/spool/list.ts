// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { inspectSpool } from '@spanring/otlp-exporter/spool'
import type { SpoolOwner } from '@spanring/otlp-exporter/spool'
import type { SpoolArguments } from './parse-arguments.js'
import { counted, duration, size, table } from './text.js'

/** Prints what each owner has left. */
export async function list({ directory, isJson }: SpoolArguments): Promise<number> {
  const owners = await inspectSpool(directory)
  process.stdout.write(isJson ? jsonOf(owners) : renderOwners(directory, owners, Date.now()))
  return 0
}

function jsonOf(owners: readonly SpoolOwner[]): string {
  const rows = owners.map(({ oldest, ...owner }) => ({
    ...owner,
    oldest: oldest === undefined ? undefined : new Date(oldest).toISOString(),
  }))
  return `${JSON.stringify(rows, undefined, 2)}\n`
}

export function renderOwners(directory: string, owners: readonly SpoolOwner[], now: number): string {
  if (owners.length === 0) {
    return existsSync(directory)
      ? `Nothing waits in ${directory}.\n`
      : `Nothing waits: there is no ${directory}. It is made when spans have to wait, and not before.\n`
  }
  const rows = owners.map((owner) => [
    owner.id,
    stateOf(owner),
    String(owner.spans),
    size(owner.bytes),
    owner.oldest === undefined ? '-' : duration(Math.max(now - owner.oldest, 0)),
    owner.obstacle ??
      (owner.tornRecords > 0 && owner.state !== 'running' ? `damaged in ${counted(owner.tornRecords, 'place')}` : ''),
  ])
  const sum = (of: (owner: SpoolOwner) => number): number => owners.reduce((total, owner) => total + of(owner), 0)
  const total = ['total', counted(owners.length, 'owner'), String(sum((one) => one.spans)), size(sum((one) => one.bytes)), '', '']
  return table(['owner', 'state', 'spans', 'bytes', 'oldest', ''], [...rows, total], [2, 3, 4])
}

function stateOf({ state, pid, host }: SpoolOwner): string {
  if (pid === undefined) return state
  // The file is a stranger's, perhaps: it must not speak to the terminal.
  const where = host?.replaceAll(/[^\u0021-\u007e]/g, '?') || 'an unknown host'
  return `${state} (pid ${pid} on ${where})`
}

/** Spans that nobody who is running has. */
export function spansLeft(owners: readonly SpoolOwner[]): number {
  return owners.reduce((sum, { state, spans }) => sum + (state === 'running' ? 0 : spans), 0)
}

/** What stays, in a sentence; nothing if all is done. */
export function renderLeft(owners: readonly SpoolOwner[]): string {
  const left = owners.filter(({ state, spans, obstacle }) => state !== 'running' && (spans > 0 || obstacle !== undefined))
  if (left.length === 0) return ''
  const unknown = left.filter(({ state }) => state === 'unknown').length
  const why = unknown > 0 ? `; of ${counted(unknown, 'owner')} it is not known whether it is running` : ''
  return `${counted(spansLeft(owners), 'span')} of ${counted(left.length, 'owner')} stay where they are${why}.\n`
}
