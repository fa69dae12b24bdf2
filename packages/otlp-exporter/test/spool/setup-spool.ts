// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@spanring/test-kit/clock'
import { onTestFinished } from 'vitest'
import type { ProcessIdentity, Processes } from '../../src/spool/processes.js'
import { Spool } from '../../src/spool/spool.js'
import type { SpoolEntry, SpoolParts, SpoolRecord, SpoolSettings } from '../../src/spool/spool.js'

export interface TestSpool {
  readonly spool: Spool
  readonly clock: FakeClock
  readonly warnings: string[]
  /** As `reason tag`. */
  readonly lost: string[]
  /** Tags. */
  readonly takenOver: number[]
}

/** A directory that is removed with the test; the spool's own is below it and does not exist. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'spanring-spool-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'spool')
}

const SETTINGS: Omit<SpoolSettings, 'directory'> = { maxBytes: 1024 * 1024, maxAgeMillis: 24 * 3600_000 }

/** Every call makes a spool of another process, unless it is told otherwise. */
export function setupSpool(
  settings: Partial<SpoolSettings> & { readonly directory: string },
  parts: Partial<SpoolParts> & { readonly clock?: FakeClock; readonly processes?: Processes } = {},
): TestSpool {
  const clock = parts.clock ?? new FakeClock(1_800_000_000_000)
  const [warnings, lost, takenOver]: [string[], string[], number[]] = [[], [], []]
  const hooks = {
    onLost: (reason: string, entry: SpoolEntry) => void lost.push(`${reason} ${entry.tag}`),
    onTakenOver: (entry: SpoolEntry) => void takenOver.push(entry.tag),
    onWarning: (text: string) => void warnings.push(text),
  }
  const processes = parts.processes ?? new FakeProcesses()
  const spool = new Spool(
    { ...SETTINGS, ...settings },
    { wallTime: () => clock.wallTime(), random: Math.random, hooks, ...parts, clock, processes },
  )
  return { spool, clock, warnings, lost, takenOver }
}

let lastPid = 1000

/** The processes of one boot of one machine, each with a pid of its own. */
export class FakeProcesses implements Processes {
  static readonly alive = new Map<number, string>()
  readonly self: ProcessIdentity

  constructor(identity: Partial<ProcessIdentity> = {}) {
    lastPid += 1
    this.self = {
      pid: lastPid,
      startTime: String(lastPid * 10),
      bootId: 'boot',
      pidNamespace: 'pid:[1]',
      host: 'host',
      ...identity,
    }
    if (this.self.startTime !== undefined) FakeProcesses.alive.set(this.self.pid, this.self.startTime)
  }

  startTimeOf(pid: number): string | undefined {
    return FakeProcesses.alive.get(pid)
  }

  kill(): void {
    FakeProcesses.alive.delete(this.self.pid)
  }
}

export function record(tag: number, size = 100, more: Partial<SpoolRecord> = {}): SpoolRecord {
  const bytes = new Uint8Array(size).fill(tag & 0xff)
  return {
    spanCount: 1,
    bytes,
    encoding: 'none',
    contentType: 'application/x-protobuf',
    storedAt: 1_800_000_000_000,
    tag,
    ...more,
  }
}

/** Takes and reads everything that waits, and settles it. Returns the tags in order. */
export async function drain(spool: Spool): Promise<number[]> {
  const tags: number[] = []
  for (let entry = spool.takeOldest(); entry; entry = spool.takeOldest()) {
    const read = await spool.read(entry)
    if (!read) continue
    tags.push(read.tag)
    await spool.settle(entry)
  }
  return tags
}

/** All files, relative to the directory; none if it does not exist. */
export function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()
  } catch {
    return []
  }
}
