// SPDX-License-Identifier: Apache-2.0
// One owner for each directory, and nobody takes it over who is not sure that the owner is dead.
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { DEAD_MILLIS, DOUBT_MILLIS } from '../../src/spool/lease.js'
import { ROOT, inheritSpool, leaveSpool, smallRecords } from './left-spool.js'
import { MemoryDisk, diskError } from './memory-disk.js'
import { FakeProcesses, drain, record, setupSpool } from './setup-spool.js'

/** Where a process cannot ask for others. */
const ALONE = { startTime: undefined, bootId: undefined, pidNamespace: undefined }

test('a living owner keeps its directory for hours, however seldom it is used', async () => {
  const disk = new MemoryDisk()
  const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(ALONE) })
  await owner.spool.append(record(1))
  const other = setupSpool({ directory: ROOT }, { disk, clock: owner.clock, processes: new FakeProcesses(ALONE) })
  for (let minute = 0; minute < 120; minute++) {
    expect(await other.spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
    await owner.clock.advance(60_000)
  }
  expect(await drain(owner.spool)).toEqual([1])
  expect([owner.warnings, owner.takenOver]).toEqual([[], []])
})

test.each<readonly [what: string, identity: object]>([
  ['of another boot', { bootId: 'another' }],
  ['of another container', { pidNamespace: 'pid:[2]' }],
  ['that says nothing about itself', ALONE],
])('an owner %s is dead when its lease has not changed for half a minute', async (_what, identity) => {
  const disk = new MemoryDisk()
  const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(identity) })
  await owner.spool.append(record(1))
  const { spool, clock } = setupSpool({ directory: ROOT }, { disk: disk.copy() })
  expect(await spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
  clock.stall(DEAD_MILLIS - 1)
  expect(await spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
  clock.stall(1)
  expect(await spool.inherit()).toMatchObject({ owners: 1, spans: 1, undecided: 0 })
})

test('a directory that was copied into a new container is taken over there', async () => {
  const { disk } = await leaveSpool(smallRecords())
  const copy = new MemoryDisk()
  for (const path of disk.files(ROOT)) copy.put(path.replace(ROOT, '/data/copy'), disk.bytesOf(path))
  // With the same pid, which is 1 in most of them.
  const processes = new FakeProcesses({ bootId: 'boot', pidNamespace: 'pid:[3]' })
  const { spool, clock } = setupSpool({ directory: '/data/copy' }, { disk: copy, processes })
  await spool.inherit()
  clock.stall(DEAD_MILLIS)
  await spool.inherit()
  expect(await drain(spool)).toEqual([1, 2, 3])
})

test('a process that got the pid of the dead owner is not taken for it', async () => {
  const disk = new MemoryDisk()
  const processes = new FakeProcesses()
  await setupSpool({ directory: ROOT }, { disk, processes }).spool.append(record(1))
  FakeProcesses.alive.set(processes.self.pid, 'later')
  expect((await inheritSpool(disk)).inherited).toMatchObject({ owners: 1, spans: 1 })
})

test('a process that cannot be asked for is not taken for dead', async () => {
  const disk = new MemoryDisk()
  const owner = setupSpool({ directory: ROOT }, { disk })
  await owner.spool.append(record(1))
  const processes = new FakeProcesses()
  processes.startTimeOf = () => {
    throw diskError('EMFILE')
  }
  const other = setupSpool({ directory: ROOT }, { disk, processes })
  expect(await other.spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
  expect(await drain(owner.spool)).toEqual([1])
})

test('what a thread of this process has left is taken over at once, and only if it is named', async () => {
  const disk = new MemoryDisk()
  const processes = new FakeProcesses()
  const first = setupSpool({ directory: ROOT }, { disk, processes })
  await first.spool.append(record(1))
  const stranger = setupSpool({ directory: ROOT }, { disk, processes })
  expect(await stranger.spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
  const next = setupSpool({ directory: ROOT }, { disk, processes, formerOwner: first.spool.ownerId })
  expect(await next.spool.inherit()).toMatchObject({ owners: 1, spans: 1 })
  expect(await drain(next.spool)).toEqual([1])
})

test('an owner that was stopped for long takes its own directories over before it goes on', async () => {
  const disk = new MemoryDisk()
  const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(ALONE) })
  await owner.spool.append(record(1))
  const other = setupSpool({ directory: ROOT }, { disk, clock: owner.clock, processes: new FakeProcesses(ALONE) })
  await other.spool.inherit()
  owner.clock.stall(DOUBT_MILLIS)
  await owner.spool.append(record(2))
  owner.clock.stall(DEAD_MILLIS - DOUBT_MILLIS)
  // The lease of before does not change any more.
  expect(await other.spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
  expect(await drain(owner.spool)).toEqual([1, 2])
  await owner.spool.close()
  expect(disk.files(ROOT)).toEqual([])
})

test.each(['append', 'read', 'settle', 'close'] as const)(
  'an owner that was stopped for too long loses its directory and finds out at the next %s',
  async (how) => {
    const disk = new MemoryDisk()
    const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(ALONE) })
    for (const tag of [1, 2, 3]) await owner.spool.append(record(tag))
    let taken = owner.spool.takeOldest()
    // It has the file open.
    if (taken) await owner.spool.read(taken)
    if (taken) owner.spool.putBack(taken)
    taken = owner.spool.takeOldest()
    const other = setupSpool({ directory: ROOT }, { disk, clock: owner.clock, processes: new FakeProcesses(ALONE) })
    await other.spool.inherit()
    owner.clock.stall(DEAD_MILLIS)
    expect(await other.spool.inherit()).toMatchObject({ owners: 1, spans: 3 })
    if (how === 'append') expect((await owner.spool.append(record(4)))?.tag).toBe(4)
    if (how === 'read' && taken) expect(await owner.spool.read(taken)).toBeUndefined()
    // It was delivered twice: nobody can know.
    if (how === 'settle' && taken) await owner.spool.settle(taken)
    if (how === 'close') await owner.spool.close()
    expect(await drain(other.spool)).toEqual([1, 2, 3])
    if (how === 'close') return
    if (how === 'append' && taken) owner.spool.putBack(taken)
    const expected = { append: [2, 3, 1], read: [2, 3, 1], settle: [2, 3] }[how]
    expect(new Set(owner.takenOver)).toEqual(new Set(expected))
    expect(await drain(owner.spool)).toEqual(how === 'append' ? [4] : [])
    expect([owner.lost, owner.spool.spans]).toEqual([[], 0])
    await owner.spool.close()
    await other.spool.close()
    expect(disk.files(ROOT)).toEqual([])
  },
)

test('a time of day that jumps costs nothing but a new name', async () => {
  for (const jump of [3600_000, -3600_000]) {
    const disk = new MemoryDisk()
    let offset = 0
    const clock = new FakeClock(1_800_000_000_000)
    const wallTime = (): number => clock.wallTime() + offset
    const { spool, lost, takenOver, warnings } = setupSpool({ directory: ROOT }, { disk, clock, wallTime })
    await spool.append(record(1))
    offset = jump
    await spool.append(record(2))
    await clock.advance(10_000)
    await spool.append(record(3))
    expect(await drain(spool)).toEqual([1, 2, 3])
    await spool.close()
    expect([disk.files(ROOT), lost, takenOver, warnings]).toEqual([[], [], [], []])
  }
})

test('a lease that comes after the list of names was read counts', async () => {
  const disk = new MemoryDisk()
  const other = setupSpool({ directory: ROOT }, { disk })
  const owner = setupSpool({ directory: ROOT }, { disk })
  await owner.spool.append(record(1))
  // A long list is read in parts: a name that was made meanwhile may be in it, and one that was made before it may not.
  disk.listed = (names) => names.filter((name) => !name.endsWith('.lease'))
  expect(await other.spool.inherit()).toMatchObject({ owners: 0 })
  expect(await drain(owner.spool)).toEqual([1])
})

test('of two that want one orphan, each takes what the other has not', async () => {
  const left = await leaveSpool(smallRecords())
  for (let calls = 0; calls < 40; calls++) {
    const disk = left.disk.copy()
    const [first, second] = [setupSpool({ directory: ROOT }, { disk }), setupSpool({ directory: ROOT }, { disk })]
    // The second one goes ahead when the first has made so many calls.
    let made = 0
    let others: Promise<unknown> | undefined
    disk.before = () => {
      made += 1
      if (made === calls) others = second.spool.inherit()
    }
    const mine = await first.spool.inherit()
    await others
    disk.before = () => {}
    const theirs = await second.spool.inherit()
    expect(mine.owners + theirs.owners, `after ${calls} calls`).toBeLessThanOrEqual(1)
    expect([...(await drain(first.spool)), ...(await drain(second.spool))], `after ${calls} calls`).toEqual([1, 2, 3])
    await first.spool.close()
    await second.spool.close()
    expect(disk.files(ROOT)).toEqual([])
    expect([...first.warnings, ...second.warnings, ...first.lost, ...second.lost]).toEqual([])
  }
})

test('an owner that closes while it takes something over leaves it to the next one', async () => {
  const left = await leaveSpool(smallRecords())
  for (let calls = 1; calls < 40; calls++) {
    const disk = left.disk.copy()
    const first = setupSpool({ directory: ROOT }, { disk })
    let made = 0
    let closed: Promise<void> | undefined
    disk.before = () => {
      made += 1
      if (made === calls) closed = first.spool.close()
    }
    await first.spool.inherit()
    await (closed ?? first.spool.close())
    disk.before = () => {}
    const second = await inheritSpool(disk)
    expect(second.inherited, `closed at call ${calls}`).toMatchObject({ owners: 1, spans: 6, undecided: 0 })
    expect(await drain(second.spool)).toEqual([1, 2, 3])
    await second.spool.close()
    expect(disk.files(ROOT), `closed at call ${calls}`).toEqual([])
  }
})

test('somebody removes the whole directory: what was in it is lost, counted, and the spool goes on', async () => {
  const disk = new MemoryDisk()
  const { spool, clock, lost, warnings } = setupSpool({ directory: ROOT }, { disk })
  await spool.append(record(1))
  await spool.append(record(2))
  disk.remove(ROOT)
  await clock.advance(6000)
  expect(lost).toEqual(['spool_unreadable 1', 'spool_unreadable 2'])
  await spool.append(record(3))
  expect(await drain(spool)).toEqual([3])
  await spool.close()
  expect(disk.files(ROOT)).toEqual([])
  expect(warnings).toEqual([])
})

test.each(['before', 'after'] as const)(
  'an owner that is stopped right %s a write writes nothing twice and loses nothing',
  async (when) => {
    const disk = new MemoryDisk()
    const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(ALONE) })
    await owner.spool.append(record(1))
    const other = setupSpool({ directory: ROOT }, { disk, clock: owner.clock, processes: new FakeProcesses(ALONE) })
    await other.spool.inherit()
    const read: number[] = []
    if (when === 'before') {
      owner.clock.stall(DEAD_MILLIS)
      // The other one has the directory, but has not looked into it.
      disk.before = (name, [path]) => {
        if (name !== 'readdir' || !String(path).endsWith('.1')) return
        disk.before = () => {}
        expect(owner.spool.appendSync(record(2))?.tag).toBe(2)
      }
      await other.spool.inherit()
    } else {
      let isFirst = true
      disk.writing = (fd, chunks, position) => {
        if (isFirst) {
          isFirst = false
          owner.clock.stall(DEAD_MILLIS)
          // Another one has taken everything over, and sent it, before the bytes are in the file.
          disk.remove(`${ROOT}/${owner.spool.ownerId}`)
          disk.remove(`${ROOT}/${owner.spool.ownerId}.lease`)
          read.push(1)
        }
        return disk.sync.write(fd, chunks, position)
      }
      await owner.spool.append(record(2))
      disk.writing = undefined
    }
    disk.before = () => {}
    read.push(...(await drain(other.spool)), ...(await drain(owner.spool)))
    expect(read).toEqual([1, 2])
  },
)

test('an owner that comes back at the last moment keeps its directory', async () => {
  const disk = new MemoryDisk()
  const owner = setupSpool({ directory: ROOT }, { disk, processes: new FakeProcesses(ALONE) })
  await owner.spool.append(record(1))
  const clock = new FakeClock()
  const other = setupSpool({ directory: ROOT }, { disk, clock, processes: new FakeProcesses(ALONE) })
  await other.spool.inherit()
  clock.stall(DEAD_MILLIS)
  let looks = 0
  disk.before = (name, [path]) => {
    if (name !== 'lstat' || !String(path).endsWith('.lease')) return
    looks += 1
    // First to find it dead, and then to be sure.
    if (looks !== 2) return
    const bytes = disk.bytesOf(String(path)).slice()
    bytes[bytes.lastIndexOf(0x30)] = 0x31
    disk.put(String(path), bytes)
  }
  expect(await other.spool.inherit()).toMatchObject({ owners: 0 })
  expect(looks).toBe(2)
  expect(await drain(owner.spool)).toEqual([1])
})
