// SPDX-License-Identifier: Apache-2.0
import { DiskLane } from './disk-lane.js'
import { codeOf, ifThere, readFile, step } from './disk.js'
import type { Disk, Steps } from './disk.js'
import { decodeCursorEntries } from './format.js'
import { decodeLease, livenessOf, parseOwnerName } from './lease.js'
import type { Lease } from './lease.js'
import { nodeDisk } from './node-disk.js'
import { systemProcesses } from './processes.js'
import type { Processes } from './processes.js'
import { checkRoot } from './root.js'
import { scanSegment } from './segment-scan.js'
import { cursorName, parseFileName, segmentName } from './segment.js'

/** What the directory of a spool holds of one owner. */
export interface SpoolOwner {
  readonly id: string
  /** `unknown`: nobody here can ask for the process, which may run in another container or on another machine. */
  readonly state: 'running' | 'dead' | 'unknown'
  /** Of the process, as its lease names it. */
  readonly pid: number | undefined
  readonly host: string | undefined
  /** Spans that wait, and their requests in bytes. */
  readonly spans: number
  readonly bytes: number
  /** When the oldest of them was stored, in milliseconds since 1970. */
  readonly oldest: number | undefined
  /** Places where a segment is damaged. */
  readonly tornRecords: number
  /** Why nothing more is known: files of another version, or of another user. */
  readonly obstacle: string | undefined
}

/** Rejects with the reason if a process of this user would not use the directory. */
export async function checkSpoolDirectory(directory: string): Promise<void> {
  await new DiskLane(nodeDisk).run(checkRoot(directory, nodeDisk.userId))
}

type Found = { -readonly [K in keyof SpoolOwner]: SpoolOwner[K] }

/** Reads what is in the directory of a spool, without changing anything. Rejects with what the disk throws. */
export function inspectSpool(
  directory: string,
  disk: Disk = nodeDisk,
  processes: Processes = systemProcesses(),
): Promise<SpoolOwner[]> {
  return new DiskLane(disk).run(inspect(directory, processes))
}

function* inspect(root: string, processes: Processes): Steps<SpoolOwner[]> {
  const directories = new Map<string, string[]>()
  for (const name of (yield* ifThere(step('readdir', root))) ?? []) {
    const parsed = parseOwnerName(name)
    if (!parsed) continue
    const names = directories.get(parsed.id) ?? []
    directories.set(parsed.id, names)
    if (!parsed.isLease) names.push(name)
  }
  const owners: SpoolOwner[] = []
  for (const [id, names] of directories) {
    const owner: Found = {
      id,
      state: 'dead',
      pid: undefined,
      host: undefined,
      spans: 0,
      bytes: 0,
      oldest: undefined,
      tornRecords: 0,
      obstacle: undefined,
    }
    owners.push(owner)
    try {
      const lease = yield* readFile(`${root}/${id}.lease`)
      if (lease) identify(owner, decodeLease(lease), processes)
      for (const name of names) yield* addDirectory(owner, `${root}/${name}`)
    } catch (error) {
      owner.obstacle = `it cannot be read (${codeOf(error)})`
    }
  }
  return owners.toSorted((a, b) => (a.oldest ?? Infinity) - (b.oldest ?? Infinity) || (a.id < b.id ? -1 : 1))
}

function identify(owner: Found, lease: Lease | undefined, processes: Processes): void {
  const liveness = livenessOf(lease, processes)
  owner.state = liveness === 'alive' ? 'running' : liveness
  owner.pid = lease?.pid
  owner.host = lease?.host
}

function* addDirectory(owner: Found, path: string): Steps<void> {
  if ((yield* ifThere(step('lstat', path)))?.kind !== 'directory') return
  for (const file of (yield* ifThere(step('readdir', path))) ?? []) {
    const parsed = parseFileName(file)
    if (parsed?.kind === 'segment') yield* addSegment(owner, path, parsed.number)
  }
}

function* addSegment(owner: Found, path: string, number: number): Steps<void> {
  // What was settled meanwhile must not be missing from the cursor: it is read last.
  const scan = yield* ifThere(scanSegment(`${path}/${segmentName(number)}`, number))
  if (!scan) return
  if (scan.unknownVersion !== undefined) owner.obstacle = `it has another format (${scan.unknownVersion})`
  const cursor = yield* readFile(`${path}/${cursorName(number)}`)
  const settled = cursor && decodeCursorEntries(cursor, number)
  owner.tornRecords += scan.tornRecords
  for (const { offset, header, isCutOff } of scan.records) {
    if (isCutOff || settled?.has(offset)) continue
    owner.spans += header.spanCount
    owner.bytes += header.payloadLength
    owner.oldest = Math.min(owner.oldest ?? Infinity, header.storedAt)
  }
}
