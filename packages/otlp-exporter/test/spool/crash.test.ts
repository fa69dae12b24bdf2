// SPDX-License-Identifier: Apache-2.0
// A process ends between any two calls of the disk, or in the middle of a write. The next one finds everything that was in the spool.
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { DEAD_MILLIS } from '../../src/spool/lease.js'
import type { SpoolEntry, SpoolRecord } from '../../src/spool/spool.js'
import { ROOT, readAll } from './left-spool.js'
import { MemoryDisk, diskError } from './memory-disk.js'
import { FakeProcesses, record, setupSpool } from './setup-spool.js'
import type { TestSpool } from './setup-spool.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

/** A segment holds three of the records, and the spool all of three lives. */
const MAX_BYTES = 8 * 420
const SIZE = 90

/** What must be in the spool, and what must not be. */
class Books {
  readonly records = new Map<number, SpoolRecord>()
  /** Tags of records that must be sent. */
  readonly open = new Set<number>()
  /** Of those that must not be sent again. The rest may be either. */
  readonly over = new Set<number>()
  #nextTag = 1

  next(): SpoolRecord {
    const made = record(this.#nextTag, 0, { bytes: Uint8Array.from({ length: SIZE }, (_, at) => this.#nextTag * 31 + at) })
    this.records.set(made.tag, made)
    this.#nextTag += 1
    return made
  }
}

/** One life of a process. Ends when `isOver` is true, or in good order. */
async function live({ spool, clock }: TestSpool, books: Books, isOver: () => boolean): Promise<void> {
  const settle = async (entry: SpoolEntry | undefined): Promise<void> => {
    if (!entry || isOver()) return
    books.open.delete(entry.tag)
    await spool.settle(entry)
    if (!isOver()) books.over.add(entry.tag)
  }
  const append = async (count: number): Promise<void> => {
    const records = Array.from({ length: count }, () => books.next())
    await Promise.all(
      records.map(async (each) => {
        if ((await spool.append(each)) && !isOver()) books.open.add(each.tag)
      }),
    )
  }
  await append(3)
  await spool.inherit()
  const taken = [spool.takeOldest(), spool.takeOldest(), spool.takeOldest()]
  await settle(taken[1])
  await append(1)
  await clock.advance(1000)
  await settle(taken[0])
  if (taken[2]) spool.putBack(taken[2])
  for (let i = 0; i < 3; i++) await settle(spool.takeOldest())
  await append(2)
  await clock.advance(6000)
  await settle(spool.takeOldest())
  if (!isOver()) await spool.close()
}

/** Lives on a disk that is gone after so many calls. Returns how many calls it made. */
async function liveUntil(disk: MemoryDisk, books: Books, calls: number, random: SeededRandom): Promise<number> {
  const processes = new FakeProcesses()
  const life = setupSpool({ directory: ROOT, maxBytes: MAX_BYTES }, { disk, processes })
  let isOver = false
  disk.calls = 0
  disk.before = (name, args) => {
    if (!isOver && disk.calls >= calls) {
      isOver = true
      if (name === 'write') writePart(disk, args, random)
    }
    if (isOver) throw diskError('CRASH')
  }
  await live(life, books, () => isOver)
  disk.before = () => {}
  if (!isOver) expect(life.warnings).toEqual([])
  // Half a record is lost, and nothing else: nobody was told that it is in the spool.
  for (const lost of isOver ? [] : life.lost) {
    const [reason, tag] = lost.split(' ')
    expect([reason, books.open.has(Number(tag))], lost).toEqual(['spool_unreadable', false])
  }
  processes.kill()
  return disk.calls
}

/** What is left of a write during which the process ends. */
function writePart(disk: MemoryDisk, args: readonly unknown[], random: SeededRandom): void {
  const [fd, chunks, position] = args as Parameters<typeof disk.sync.write>
  const bytes = Buffer.concat(chunks)
  const { before } = disk
  disk.before = () => {}
  disk.sync.write(fd, [bytes.subarray(0, random.below(bytes.length + 1))], position)
  disk.before = before
}

async function expectEverything(disk: MemoryDisk, books: Books, what: string): Promise<void> {
  const last = setupSpool({ directory: ROOT, maxBytes: MAX_BYTES }, { disk })
  // Half a lease does not say whose it is.
  if ((await last.spool.inherit()).undecided > 0) {
    last.clock.stall(DEAD_MILLIS)
    await last.spool.inherit()
  }
  const read = await readAll(last.spool)
  for (const each of read) expect(each, what).toEqual(books.records.get(each.tag))
  const tags = read.map(({ tag }) => tag)
  expect(new Set(tags).size, what).toBe(tags.length)
  expect({ missing: [...books.open].filter((tag) => !tags.includes(tag)) }, what).toEqual({ missing: [] })
  expect({ twice: tags.filter((tag) => books.over.has(tag)) }, what).toEqual({ twice: [] })
  expect([last.spool.spans, last.spool.bytes, last.warnings], what).toEqual([0, 0, []])
  await last.spool.close()
  expect(disk.files(ROOT), what).toEqual([])
  expect(disk.descriptors, what).toBe(0)
}

test('a process that ends after any number of calls of the disk leaves all that it had appended', async () => {
  const random = new SeededRandom(seed)
  const most = await liveUntil(new MemoryDisk(), new Books(), Infinity, random)
  expect(most).toBeGreaterThan(40)
  for (let calls = 0; calls <= most; calls++) {
    const disk = new MemoryDisk()
    const books = new Books()
    await liveUntil(disk, books, calls, random)
    await expectEverything(disk.copy(), books, `${calls} calls, SEED=${seed}`)
  }
})

test('so does the one that takes over from it, and the one after that', async () => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 500; round++) {
    let disk = new MemoryDisk()
    const books = new Books()
    const ends: number[] = []
    for (let life = 0; life < 3; life++) {
      ends.push(random.below(90))
      await liveUntil(disk, books, ends.at(-1) ?? 0, random)
      disk = disk.copy()
    }
    await expectEverything(disk, books, `${ends.join(', ')} calls, round ${round} of SEED=${seed}`)
  }
})
