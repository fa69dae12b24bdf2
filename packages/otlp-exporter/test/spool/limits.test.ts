// SPDX-License-Identifier: Apache-2.0
// How much there may be, and for how long: the oldest goes first, and is counted.
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import type { SpoolEntry } from '../../src/spool/spool.js'
import { ROOT, inheritSpool, leaveSpool, smallRecords } from './left-spool.js'
import { MemoryDisk } from './memory-disk.js'
import { FakeProcesses, drain, record, setupSpool } from './setup-spool.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

/** A segment holds one record of 100 bytes. */
const SMALL = 8 * 160

function sizeOf(disk: MemoryDisk): number {
  return disk.files(ROOT).reduce((sum, path) => sum + disk.sync.lstat(path).size, 0)
}

test('a full spool loses its oldest segment, counted, and never holds more than it may', async () => {
  const disk = new MemoryDisk()
  const { spool, lost, warnings } = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk })
  for (let tag = 1; tag <= 20; tag++) {
    expect((await spool.append(record(tag)))?.tag).toBe(tag)
    expect(sizeOf(disk)).toBeLessThanOrEqual(SMALL)
  }
  const kept = await drain(spool)
  expect(kept.length).toBeGreaterThan(4)
  expect(lost.map((each) => Number(each.replace('spool_full ', '')))).toEqual(
    Array.from({ length: 20 - kept.length }, (_, index) => index + 1),
  )
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 20 - kept.length + index + 1))
  expect([spool.spans, spool.bytes, warnings]).toEqual([0, 0, []])
})

test('what was inherited is older than what is our own, and goes first', async () => {
  const { disk } = await leaveSpool(smallRecords())
  const { spool, lost } = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk })
  await spool.inherit()
  for (let tag = 11; tag <= 20; tag++) await spool.append(record(tag))
  expect(lost.slice(0, 3)).toEqual(['spool_full 1', 'spool_full 2', 'spool_full 3'])
})

test('what a living owner has is never removed: the spool refuses, with one warning', async () => {
  const disk = new MemoryDisk()
  const other = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk })
  for (let tag = 1; tag <= 7; tag++) await other.spool.append(record(tag))
  const { spool, warnings, clock, lost } = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk })
  for (let round = 0; round < 3; round++) {
    expect(await spool.append(record(9))).toBeUndefined()
    await clock.advance(4000)
  }
  expect(warnings).toEqual([expect.stringMatching(/it is full: other processes hold \d+ of 1280 bytes/)])
  expect(lost).toEqual([])
  expect(await drain(other.spool)).toEqual([1, 2, 3, 4, 5, 6, 7])
  await other.spool.close()
  await clock.advance(4000)
  expect((await spool.append(record(9)))?.tag).toBe(9)
  await clock.turn()
  expect(warnings.slice(1)).toEqual([expect.stringContaining('works again')])
})

test('a record that is larger than the whole spool is refused, and the next one is not', async () => {
  const { spool, warnings, clock } = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk: new MemoryDisk() })
  await spool.append(record(1))
  expect(await spool.append(record(2, SMALL))).toBeUndefined()
  await clock.turn()
  expect(warnings).toEqual([expect.stringContaining('larger than the whole spool may be')])
  await clock.advance(4000)
  expect((await spool.append(record(3)))?.tag).toBe(3)
  // Larger than a segment, and alone in one of its own.
  expect((await spool.append(record(4, 400)))?.tag).toBe(4)
  expect(await drain(spool)).toEqual([1, 3, 4])
})

test.each(['settle', 'putBack', 'read'] as const)('an entry that is in a request when its segment has to go: %s', async (how) => {
  const disk = new MemoryDisk()
  const { spool, lost } = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk })
  await spool.append(record(1))
  const taken = spool.takeOldest()
  for (let tag = 2; tag <= 8; tag++) await spool.append(record(tag))
  const before = lost.filter((each) => each === 'spool_full 1')
  expect(before).toEqual([])
  if (taken && how === 'settle') await spool.settle(taken)
  if (taken && how === 'putBack') spool.putBack(taken)
  if (taken && how === 'read') expect(await spool.read(taken)).toBeUndefined()
  expect(lost.includes('spool_full 1')).toBe(how !== 'settle')
  const kept = await drain(spool)
  expect(kept.length + lost.length + (how === 'settle' ? 1 : 0)).toBe(8)
  expect([spool.spans, spool.bytes]).toEqual([0, 0])
})

test('what is older than it may be is lost as expired, and what is not is sent', async () => {
  const disk = new MemoryDisk()
  const { spool, clock, lost } = setupSpool({ directory: ROOT, maxAgeMillis: 60_000 }, { disk })
  await spool.append(record(1, 100, { storedAt: clock.wallTime() - 60_001 }))
  await spool.append(record(2, 100, { storedAt: clock.wallTime() - 60_000 }))
  await spool.append(record(3, 100, { storedAt: clock.wallTime() - 60_001 }))
  expect(await drain(spool)).toEqual([2])
  expect(lost).toEqual(['expired 1', 'expired 3'])
  await spool.close()
  expect(disk.files(ROOT)).toEqual([])
})

test('what has expired in the next process, too, is counted there and not sent again', async () => {
  const { disk } = await leaveSpool(smallRecords())
  const { spool, clock, lost } = setupSpool({ directory: ROOT, maxAgeMillis: 1000 }, { disk })
  await spool.inherit()
  clock.stall(5000)
  expect(spool.takeOldest()).toBeUndefined()
  expect(lost).toEqual(['expired 1', 'expired 2', 'expired 3'])
  await spool.close()
  expect(disk.files(ROOT)).toEqual([])
})

test('a clock that was set back makes nothing expire, and the order is that of the writer', async () => {
  const disk = new MemoryDisk()
  const processes = new FakeProcesses()
  let now = 1_800_000_000_000
  const first = setupSpool({ directory: ROOT, maxBytes: SMALL }, { disk, processes, wallTime: () => now })
  for (let tag = 1; tag <= 4; tag++) {
    await first.spool.append(record(tag, 100, { storedAt: now }))
    now -= 86_400_000
  }
  processes.kill()
  const { spool, lost } = setupSpool({ directory: ROOT, maxAgeMillis: 1000 }, { disk, wallTime: () => now })
  await spool.inherit()
  expect(await drain(spool)).toEqual([1, 2, 3, 4])
  expect(lost).toEqual([])
})

test('what several processes have left comes in the order of its age, and before our own', async () => {
  const disk = new MemoryDisk()
  for (const [tag, at] of [
    [2, 2000],
    [1, 1000],
    [3, 3000],
  ] as const) {
    const processes = new FakeProcesses()
    await setupSpool({ directory: ROOT }, { disk, processes, wallTime: () => at }).spool.append(record(tag))
    processes.kill()
  }
  const { spool } = setupSpool({ directory: ROOT }, { disk })
  await spool.append(record(9))
  await spool.inherit()
  expect(await drain(spool)).toEqual([1, 2, 3, 9])
})

test('entries that are settled in any order leave those that are not, in order, for every process after', async () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 100; round++) {
    const what = `round ${round} of SEED=${seed}`
    const disk = new MemoryDisk()
    const open = new Set<number>()
    let tag = 0
    for (let life = 0; life < 4; life++) {
      const processes = new FakeProcesses()
      // Later ones are younger, also where the fake clock of each begins anew.
      const wallTime = (): number => 1_800_000_000_000 + life * 1000
      const { spool } = setupSpool({ directory: ROOT, maxBytes: 64 * 1024 }, { disk, processes, wallTime })
      await spool.inherit()
      for (let count = random.below(6); count > 0; count--) {
        tag += 1
        open.add(tag)
        await spool.append(record(tag, random.below(300)))
      }
      const taken: SpoolEntry[] = []
      for (let entry = spool.takeOldest(); entry; entry = spool.takeOldest()) taken.push(entry)
      expect(
        taken.map((entry) => entry.tag),
        what,
      ).toEqual([...open])
      while (taken.length > 0) {
        const [entry] = taken.splice(random.below(taken.length), 1)
        if (!entry) continue
        if (random.chance(0.5)) spool.putBack(entry)
        else {
          open.delete(entry.tag)
          await spool.settle(entry)
        }
      }
      if (random.chance(0.5)) await spool.close()
      processes.kill()
    }
    const { spool } = await inheritSpool(disk)
    expect(await drain(spool), what).toEqual([...open])
  }
})
