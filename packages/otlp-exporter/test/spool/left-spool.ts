// SPDX-License-Identifier: Apache-2.0
import { MemoryDisk } from './memory-disk.js'
import { FakeProcesses, record, setupSpool } from './setup-spool.js'
import type { TestSpool } from './setup-spool.js'
import type { Inherited, Spool, SpoolRecord } from '../../src/spool/spool.js'

export const ROOT = '/spool'

/** What a process has left that was killed. */
export interface LeftSpool {
  readonly disk: MemoryDisk
  readonly segment: string
  readonly cursor: string
  readonly lease: string
  readonly records: readonly SpoolRecord[]
}

/** A process writes records, settles those with the tags in `settled`, and is killed. */
export async function leaveSpool(records: readonly SpoolRecord[], settled: readonly number[] = []): Promise<LeftSpool> {
  const disk = new MemoryDisk()
  const processes = new FakeProcesses()
  const { spool } = setupSpool({ directory: ROOT }, { disk, processes })
  for (const each of records) await spool.append(each)
  const entries = records.map(() => spool.takeOldest())
  for (const tag of settled) {
    const entry = entries.find((one) => one?.tag === tag)
    if (entry) await spool.settle(entry)
  }
  processes.kill()
  const path = (end: string): string => disk.files(ROOT).find((name) => name.endsWith(end)) ?? ''
  return { disk: disk.copy(), segment: path('.segment'), cursor: path('.cursor'), lease: path('.lease'), records }
}

/** The next process. */
export async function inheritSpool(disk: MemoryDisk, root = ROOT): Promise<TestSpool & { readonly inherited: Inherited }> {
  const next = setupSpool({ directory: root }, { disk })
  return { ...next, inherited: await next.spool.inherit() }
}

/** Records of different sizes whose bytes differ from those of every other one. */
export function smallRecords(count = 3): SpoolRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = Uint8Array.from({ length: 5 + index }, (_byte, at) => (index + 1) * 37 + at * 11)
    return record(index + 1, 0, { bytes, spanCount: index + 1 })
  })
}

/** A copy of the bytes, in which a bit is the other way. */
export function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

/** A record that was read, without what only the file has. */
export function plain(read: SpoolRecord | undefined): SpoolRecord | undefined {
  if (!read) return undefined
  const { spanCount, bytes, encoding, contentType, storedAt, tag } = read
  return { spanCount, bytes, encoding, contentType, storedAt, tag }
}

/** Reads everything that waits, and settles it. */
export async function readAll(spool: Spool): Promise<SpoolRecord[]> {
  const records: SpoolRecord[] = []
  for (let entry = spool.takeOldest(); entry; entry = spool.takeOldest()) {
    const read = plain(await spool.read(entry))
    if (read) records.push(read)
    await spool.settle(entry)
  }
  return records
}
