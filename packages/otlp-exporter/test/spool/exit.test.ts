// SPDX-License-Identifier: Apache-2.0
// In the `exit` event no promise settles any more. Whatever call the spool waits for then, it ends its work without promises.
import { expect, test } from 'vitest'
import type { Disk, DiskPromises } from '../../src/spool/disk.js'
import { DEAD_MILLIS, DOUBT_MILLIS } from '../../src/spool/lease.js'
import type { SpoolRecord } from '../../src/spool/spool.js'
import { ROOT, leaveSpool, readAll, smallRecords } from './left-spool.js'
import { MemoryDisk } from './memory-disk.js'
import { FakeProcesses, record, setupSpool } from './setup-spool.js'

/** What becomes of the call that the spool waits for at the exit. */
const FATES = ['has happened', 'happens later', 'never happens'] as const
type Fate = (typeof FATES)[number]

/** A disk whose calls take a while, until the process exits at one of them. */
class ExitingDisk implements Disk {
  readonly userId = 1000
  readonly sync: Disk['sync']
  readonly async: DiskPromises
  calls = 0
  /** Called in the middle of the call with this number. */
  exit: { readonly at: number; readonly fate: Fate; readonly run: () => void } | undefined
  hasExited = false

  constructor(disk: MemoryDisk) {
    this.sync = disk.sync
    const entries = Object.entries(disk.async).map(([name, call]) => [
      name,
      async (...args: readonly unknown[]): Promise<unknown> => {
        const make = call as (...all: readonly unknown[]) => Promise<unknown>
        this.calls += 1
        if (this.calls !== this.exit?.at) return make(...args)
        const { fate, run } = this.exit
        const done = fate === 'has happened' ? make(...args) : undefined
        done?.catch(() => {})
        await Promise.resolve()
        this.hasExited = true
        run()
        return fate === 'happens later' ? make(...args) : (done ?? new Promise(() => {}))
      },
    ])
    this.async = Object.fromEntries(entries) as DiskPromises
  }
}

interface Life {
  readonly disk: MemoryDisk
  readonly calls: number
  readonly open: ReadonlyMap<number, SpoolRecord>
}

/** A process that inherits, appends and settles, and exits at a call. */
async function exitAt(at: number, fate: Fate, how: 'close' | 'no close'): Promise<Life> {
  const left = await leaveSpool(smallRecords(3), [2])
  const { disk } = left
  const exiting = new ExitingDisk(disk)
  const processes = new FakeProcesses()
  const { spool, clock, lost, takenOver, warnings } = setupSpool(
    { directory: ROOT, maxBytes: 8 * 420 },
    { disk: exiting, processes },
  )
  const open = new Map<number, SpoolRecord>()
  for (const each of left.records) if (each.tag !== 2) open.set(each.tag, each)
  const waiting: SpoolRecord[] = []
  const append = async (first: number, count: number): Promise<void> => {
    const records = Array.from({ length: count }, (_, index) => record(first + index, 90))
    waiting.push(...records)
    for (const each of records) open.set(each.tag, each)
    await Promise.all(records.map((each) => spool.append(each)))
  }
  const settle = async (): Promise<void> => {
    const entry = exiting.hasExited ? undefined : spool.takeOldest()
    if (!entry) return
    open.delete(entry.tag)
    await spool.settle(entry)
  }
  const steps = [
    () => append(101, 4),
    async () => void (await spool.inherit()),
    settle,
    settle,
    settle,
    () => clock.advance(1000),
    () => append(201, 3),
    // It has to take its own directories over.
    () => append(301, 1).then(() => clock.stall(DOUBT_MILLIS)),
    () => append(401, 1),
    settle,
    () => clock.advance(6000),
  ]
  let over: (() => void) | undefined
  const exited = new Promise<void>((resolve) => {
    over = resolve
  })
  exiting.exit = {
    at,
    fate,
    run: () => {
      // What has no entry yet, and one more.
      const last = record(999, 50)
      open.set(last.tag, last)
      for (const each of [...waiting.slice(-4), last]) if (open.has(each.tag)) spool.appendSync(each)
      if (how === 'close') spool.closeSync()
      over?.()
    },
  }
  const lived = (async () => {
    for (const step of steps) if (!exiting.hasExited) await step()
  })()
  await Promise.race([lived, exited])
  const { calls } = exiting
  // Calls that were on their way end.
  await clock.turn()
  if (!exiting.hasExited) await spool.close()
  processes.kill()
  expect([lost, takenOver, warnings], `exit at call ${at}`).toEqual([[], [], []])
  return { disk, calls, open }
}

test.each(FATES)(
  'a process that exits while a call is under way, which %s, loses nothing and writes nothing twice',
  async (fate) => {
    const { calls } = await exitAt(0, fate, 'close')
    expect(calls).toBeGreaterThan(40)
    for (let at = 1; at <= calls; at++) {
      for (const how of ['close', 'no close'] as const) {
        const { disk, open } = await exitAt(at, fate, how)
        const what = `exit at call ${at}, ${how}`
        const next = setupSpool({ directory: ROOT }, { disk: disk.copy() })
        if ((await next.spool.inherit()).undecided > 0) {
          next.clock.stall(DEAD_MILLIS)
          await next.spool.inherit()
        }
        const read = await readAll(next.spool)
        for (const each of read) expect(each, what).toEqual(open.get(each.tag) ?? each)
        const tags = read.map(({ tag }) => tag)
        expect(new Set(tags).size, what).toBe(tags.length)
        expect({ missing: [...open.keys()].filter((tag) => !tags.includes(tag)) }, what).toEqual({ missing: [] })
        // What was settled is not there: the settle was not awaited in the life of this process.
        expect(tags.filter((tag) => !open.has(tag)).length, what).toBeLessThanOrEqual(how === 'close' ? 0 : 1)
        expect([next.lost, next.warnings], what).toEqual([[], []])
      }
    }
  },
)

test('what is settled in the exit event is not sent again', async () => {
  const { disk } = await leaveSpool(smallRecords())
  const first = setupSpool({ directory: ROOT }, { disk })
  await first.spool.inherit()
  const entry = first.spool.takeOldest()
  if (entry) first.spool.settleSync(entry)
  first.spool.closeSync()
  const second = setupSpool({ directory: ROOT }, { disk })
  await second.spool.inherit()
  expect((await readAll(second.spool)).map(({ tag }) => tag)).toEqual([2, 3])
})
