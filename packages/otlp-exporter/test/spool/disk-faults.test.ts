// SPDX-License-Identifier: Apache-2.0
// The disk refuses any call, once or for a while. Nothing throws, everything is counted, and what was taken is sent when it works again.
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import type { DiskCalls } from '../../src/spool/disk.js'
import { DOUBT_MILLIS } from '../../src/spool/lease.js'
import type { SpoolEntry } from '../../src/spool/spool.js'
import { ROOT, inheritSpool, leaveSpool, plain, smallRecords } from './left-spool.js'
import { MemoryDisk, diskError } from './memory-disk.js'
import { drain, record, setupSpool } from './setup-spool.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

const CODES = ['ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'EROFS', 'EDQUOT'] as const
const SIZE = 90

/** A descriptor is gone after `close`, whatever it says. A disk that is full or read-only can be read. */
function canFail(code: string, name: keyof DiskCalls, args: readonly unknown[]): boolean {
  if (name === 'close') return false
  const isRead = ['readdir', 'lstat', 'stat', 'read'].includes(name) || (name === 'open' && args[1] === 'read')
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return name === 'mkdir' || name === 'write' || (name === 'open' && args[1] === 'create')
  return code !== 'EROFS' || !isRead
}

interface Outcome {
  /** Of the disk, before the faults ended. */
  readonly calls: number
  readonly warnings: readonly string[]
}

/** A process with a fault from a call on, for so many calls. In the end every record is delivered, refused by the disk, or lost. */
async function liveWithFaults(from: number, length: number, code: string, what: string): Promise<Outcome> {
  const left = await leaveSpool(smallRecords(4), [2])
  const { disk } = left
  const { spool, clock, warnings, lost } = setupSpool({ directory: ROOT, maxBytes: 8 * 420 }, { disk })
  let calls = 0
  disk.before = (name, args) => {
    calls += 1
    if (calls > from && calls <= from + length && canFail(code, name, args)) throw diskError(code)
  }
  const appended = new Set<number>()
  const delivered: number[] = []
  const deliver = async (most: number): Promise<void> => {
    for (let i = 0; i < most; i++) {
      const entry: SpoolEntry | undefined = spool.takeOldest()
      const read = entry && plain(await spool.read(entry))
      if (!entry || !read) continue
      delivered.push(read.tag)
      await spool.settle(entry)
    }
  }
  const append = async (first: number, count: number): Promise<void> => {
    const records = Array.from({ length: count }, (_, index) => record(first + index, SIZE))
    await Promise.all(records.map(async (each) => (await spool.append(each)) && appended.add(each.tag)))
  }
  await spool.inherit()
  await append(101, 4)
  await deliver(2)
  await clock.advance(4000)
  await append(201, 2)
  await spool.inherit()
  await deliver(3)
  await clock.advance(2000)
  clock.stall(DOUBT_MILLIS)
  await append(301, 2)
  const faulty = { calls, warnings: [...warnings] }
  from = Infinity
  // A pause, and a time after which a torn lease is stale.
  await clock.advance(40_000)
  await spool.inherit()
  await clock.advance(40_000)
  await spool.inherit()
  await append(401, 1)
  expect(appended.has(401), what).toBe(true)
  await deliver(50)
  await clock.advance(2000)
  const lostTags = lost.map((each) => Number(each.split(' ')[1]))
  expect([spool.spans, spool.bytes], what).toEqual([0, 0])
  expect(
    [...delivered, ...lostTags].toSorted((a, b) => a - b),
    what,
  ).toEqual([1, 3, 4, ...appended].toSorted((a, b) => a - b))
  // A disk that cannot be read at all may lose what is on it; one that refuses for a while may not.
  if (code !== 'EIO') expect(lost, what).toEqual([])
  await spool.close()
  await expectNothingLeft(disk, what)
  return faulty
}

/** What the process could not remove, another one does. */
async function expectNothingLeft(disk: MemoryDisk, what: string): Promise<void> {
  expect(disk.descriptors, what).toBe(0)
  const { spool, inherited } = await inheritSpool(disk)
  expect(inherited.spans, what).toBe(0)
  await spool.close()
  expect(disk.files(ROOT), what).toEqual([])
}

test.each(CODES)('one call that fails with %s', async (code) => {
  const { calls, warnings } = await liveWithFaults(Infinity, 1, code, 'no fault')
  expect(calls).toBeGreaterThan(50)
  expect(warnings).toEqual([])
  for (let from = 0; from < calls; from++) await liveWithFaults(from, 1, code, `${code} at call ${from}`)
})

test('calls that fail for a while', async () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 500; round++) {
    const code = random.pick(CODES)
    const [from, length] = [random.below(90), random.between(1, 60)]
    const { warnings } = await liveWithFaults(from, length, code, `round ${round} of SEED=${seed}: ${code}, ${from} + ${length}`)
    // The faults last for less than half a minute: one warning, and at most one that it works again.
    expect(warnings.filter((text) => !text.endsWith('works again')).length).toBeLessThan(3)
  }
})

test('of a write that the disk takes in part, whole records are kept, and nothing follows half a one', async () => {
  for (const code of [undefined, 'ENOSPC']) {
    for (let taken = 1; taken < 400; taken += 7) {
      const disk = new MemoryDisk()
      const { spool, clock, warnings } = setupSpool({ directory: ROOT }, { disk })
      await spool.append(record(1))
      // The disk takes so many bytes of the next writes together, and then either the rest or nothing.
      let left = taken
      const { write } = disk.sync
      disk.writing = (fd, chunks, position) => {
        if (left === 0 && code) throw diskError(code)
        const bytes = Buffer.concat(chunks)
        const part = left > 0 ? bytes.subarray(0, left) : bytes
        left = Math.max(left - part.length, 0)
        return write(fd, [part], position)
      }
      const entries = await Promise.all([2, 3, 4].map((tag) => spool.append(record(tag, 50))))
      disk.writing = undefined
      const kept = entries.flatMap((entry) => entry?.tag ?? [])
      const whole = code ? Math.floor(taken / (50 + 36)) : 3
      expect(kept, `${taken} bytes`).toEqual([2, 3, 4].slice(0, whole))
      await clock.advance(4000)
      expect((await spool.append(record(5)))?.tag).toBe(5)
      const copy = await inheritSpool(killed(disk))
      expect([copy.inherited.tornRecords, copy.lost]).toEqual([0, []])
      expect(await drain(copy.spool)).toEqual([1, ...kept, 5])
      expect(await drain(spool)).toEqual([1, ...kept, 5])
      expect(warnings.length).toBe(whole < 3 ? 2 : 0)
    }
  }
})

/** What is there if every process that used it is dead. */
function killed(disk: MemoryDisk): MemoryDisk {
  const copy = disk.copy()
  for (const path of copy.files(ROOT)) if (path.endsWith('.lease')) copy.remove(path)
  return copy
}

test('an empty directory that the disk did not let go is removed later, and the lease with it', async () => {
  const { disk } = await leaveSpool(smallRecords())
  const { spool, clock, warnings } = setupSpool({ directory: ROOT }, { disk })
  await spool.inherit()
  let refusals = 2
  disk.before = (name) => {
    if (name === 'rmdir' && refusals-- > 0) throw diskError('EROFS')
  }
  await drain(spool)
  expect(disk.files(ROOT)).not.toEqual([])
  for (let second = 0; second < 5; second++) {
    await clock.advance(1000)
    await clock.turn()
  }
  expect(disk.files(ROOT)).toEqual([])
  expect(warnings).toEqual([expect.stringContaining('EROFS')])
})
