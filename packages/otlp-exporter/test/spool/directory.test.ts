// SPDX-License-Identifier: Apache-2.0
// What else may be where the spool wants to be: others' files, links, other versions, nothing at all.
import { expect, test } from 'vitest'
import { FORMAT_VERSION } from '../../src/spool/format.js'
import { ROOT, inheritSpool, leaveSpool, smallRecords } from './left-spool.js'
import { MemoryDisk, diskError } from './memory-disk.js'
import { FakeProcesses, drain, record, setupSpool } from './setup-spool.js'

test.each<readonly [what: string, node: Parameters<MemoryDisk['set']>[1], warning: string]>([
  ['of another user', { userId: 1001 }, 'it belongs to user 1001, and the process is user 1000'],
  ['that everybody can write to', { mode: 0o777 }, 'other users can write to it (mode 0777)'],
  ['as /tmp', { userId: 0, mode: 0o1777 }, 'other users can write to it (mode 1777)'],
  ['that a group can write to', { mode: 0o770 }, 'other users can write to it (mode 0770)'],
  ['that is a link to nothing', { kind: 'link' }, 'it is not a directory'],
  ['that is a link of another user', { kind: 'link', userId: 1001 }, 'it is not a directory'],
])('a directory %s is not used, and one warning says why', async (_what, node, warning) => {
  const disk = new MemoryDisk()
  disk.set(ROOT, node)
  const before = disk.files('/')
  const { spool, warnings, clock } = setupSpool({ directory: ROOT }, { disk })
  for (let round = 0; round < 5; round++) {
    await spool.inherit()
    expect(await spool.append(record(1))).toBeUndefined()
    await clock.advance(4000)
  }
  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain(warning)
  expect(spool.appendSync(record(2))).toBeUndefined()
  await spool.close()
  expect(disk.files('/')).toEqual(before)
})

test('a directory of root is used, and so is one that its owner lets others read', async () => {
  for (const node of [{ userId: 0 }, { mode: 0o755 }]) {
    const disk = new MemoryDisk()
    disk.set(ROOT, node)
    const { spool, warnings } = setupSpool({ directory: ROOT }, { disk })
    await spool.append(record(1))
    expect(await drain(spool)).toEqual([1])
    expect(warnings).toEqual([])
  }
})

test('where nobody has a user id, none is compared', async () => {
  const disk = new MemoryDisk()
  disk.set(ROOT, { userId: 7, mode: 0o777 })
  disk.userId = undefined
  const { spool } = setupSpool({ directory: ROOT }, { disk })
  expect((await spool.append(record(1)))?.tag).toBe(1)
})

test('a directory that another user makes at the last moment is not used', async () => {
  const disk = new MemoryDisk()
  const { spool, clock, warnings } = setupSpool({ directory: ROOT }, { disk })
  disk.before = (name, [path]) => {
    if (name === 'mkdir' && path === ROOT) disk.set(ROOT, { userId: 1001, mode: 0o777 })
  }
  expect(await spool.append(record(1))).toBeUndefined()
  await clock.turn()
  expect(warnings).toEqual([expect.stringContaining('it belongs to user 1001')])
})

test.each([FORMAT_VERSION + 1, 65_535])('a segment of version %i is left as it is, with one warning', async (version) => {
  const { disk, segment } = await leaveSpool(smallRecords())
  new DataView(disk.bytesOf(segment).buffer).setUint16(4, version, true)
  // Another version has other checksums.
  disk.bytesOf(segment).fill(0xee, 16, 20)
  const before = new Map(disk.files(ROOT).map((path) => [path, disk.bytesOf(path).slice()]))
  const { spool, clock, warnings } = setupSpool({ directory: ROOT }, { disk })
  for (let round = 0; round < 5; round++) {
    expect(await spool.inherit()).toMatchObject({ owners: 0, spans: 0 })
    await clock.advance(60_000)
  }
  expect(warnings).toEqual([expect.stringContaining(`another version of the spool (format ${version}); it is left`)])
  await spool.append(record(9))
  expect(await drain(spool)).toEqual([9])
  await spool.close()
  expect(new Map(disk.files(ROOT).map((path) => [path, disk.bytesOf(path)]))).toEqual(before)
})

test('a header of which a power cut has left zeros is damage, and no other version', async () => {
  const { disk, segment } = await leaveSpool(smallRecords())
  disk.bytesOf(segment).fill(0, 4, 20)
  const { spool, warnings } = await inheritSpool(disk)
  expect(await drain(spool)).toEqual([1, 2, 3])
  expect(warnings).toEqual([])
})

test('what an owner of our version has left is taken over beside one of another version', async () => {
  const { disk, segment } = await leaveSpool(smallRecords())
  new DataView(disk.bytesOf(segment).buffer).setUint16(4, 2, true)
  disk.bytesOf(segment).fill(0xee, 16, 20)
  const ours = await leaveSpool(smallRecords())
  for (const path of ours.disk.files(ROOT)) disk.put(path, ours.disk.bytesOf(path))
  const { spool, inherited } = await inheritSpool(disk)
  expect(inherited).toMatchObject({ owners: 1, spans: 6 })
  expect(await drain(spool)).toEqual([1, 2, 3])
})

test('what another user has left keeps nobody from writing, nor from what the others have left', async () => {
  const stranger = await leaveSpool(smallRecords())
  const { disk } = await leaveSpool(smallRecords())
  for (const path of stranger.disk.files(ROOT)) disk.put(path, stranger.disk.bytesOf(path))
  const foreign = stranger.lease.replace('.lease', '')
  for (const part of [`${foreign}/`, `${foreign}.`, foreign]) {
    const copy = disk.copy()
    copy.before = (name, [path]) => {
      const isMeant = part === foreign ? path === foreign : String(path).startsWith(part)
      if (isMeant && name !== 'lstat') throw diskError('EACCES')
    }
    const { spool, clock, warnings } = setupSpool({ directory: ROOT }, { disk: copy })
    await spool.inherit()
    await spool.append(record(9))
    expect(await drain(spool)).toEqual([1, 2, 3, 9])
    await clock.advance(60_000)
    await spool.inherit()
    expect(warnings).toEqual([expect.stringMatching(/cannot be read \(EACCES\), and may belong to another user; it is left/)])
    await spool.close()
  }
})

test('files of others are neither read nor removed', async () => {
  const left = await leaveSpool(smallRecords())
  const { disk, segment } = left
  const inside = segment.replace('00000001.segment', 'notes.txt')
  const others = [inside, `${ROOT}/README`, `${ROOT}/1-a-b.lease.old`, `${ROOT}/data/00000001.segment`, `${ROOT}/3-c-d`]
  for (const path of others) disk.put(path, new Uint8Array(3))
  disk.set(`${ROOT}/2-b-c`, { kind: 'link' })
  const { spool, warnings } = await inheritSpool(disk)
  await spool.append(record(9))
  expect(await drain(spool)).toEqual([1, 2, 3, 9])
  await spool.close()
  expect(warnings).toEqual([])
  expect(disk.files(ROOT).filter((path) => !path.endsWith('notes.txt'))).toEqual([...others.slice(1), `${ROOT}/2-b-c`].toSorted())
  // It is in a directory that was taken over, which has another name now.
  expect(disk.files(ROOT).filter((path) => path.endsWith('notes.txt'))).toHaveLength(1)
})

test.each(['segment', 'cursor'] as const)('a %s that is missing is no trouble', async (what) => {
  const left = await leaveSpool(smallRecords(), [2])
  left.disk.remove(left[what])
  const { spool, warnings } = await inheritSpool(left.disk)
  expect(await drain(spool)).toEqual(what === 'segment' ? [] : [1, 2, 3])
  await spool.close()
  expect([left.disk.files(ROOT), warnings]).toEqual([[], []])
})

test('a segment that is removed while it waits is lost, counted, and what is in others is not', async () => {
  const disk = new MemoryDisk()
  const { spool, lost, warnings } = setupSpool({ directory: ROOT, maxBytes: 8 * 200 }, { disk })
  for (const tag of [1, 2, 3]) await spool.append(record(tag))
  disk.remove(disk.files(ROOT).find((path) => path.endsWith('1.segment')) ?? '')
  expect(await drain(spool)).toEqual([2, 3])
  expect([lost, warnings]).toEqual([['spool_unreadable 1'], []])
  await spool.close()
  expect(disk.files(ROOT)).toEqual([])
})

test('the names and modes are those that the document gives', async () => {
  const disk = new MemoryDisk()
  const processes = new FakeProcesses()
  const { spool } = setupSpool({ directory: ROOT }, { disk, processes })
  await spool.append(record(1))
  await spool.append(record(2))
  const entry = spool.takeOldest()
  if (entry) await spool.settle(entry)
  const names = disk.files(ROOT).map((path) => path.replaceAll(spool.ownerId, 'ID'))
  expect(names).toEqual(['/spool/ID.lease', '/spool/ID/00000001.cursor', '/spool/ID/00000001.segment'])
  expect(spool.ownerId).toMatch(new RegExp(`^${processes.self.pid}-[0-9a-z]+-[0-9a-z]+$`))
})
