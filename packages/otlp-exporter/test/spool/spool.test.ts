// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { nodeDisk } from '../../src/spool/node-disk.js'
import { FakeProcesses, drain, filesIn, record, setupSpool, temporaryDirectory } from './setup-spool.js'

test('what is appended comes back as it was, oldest first, and leaves nothing behind', async () => {
  const directory = temporaryDirectory()
  const { spool, clock, warnings, lost } = setupSpool({ directory })
  const records = [1, 2, 3].map((tag) =>
    record(tag, tag * 1000, { spanCount: tag, encoding: 'zstd', contentType: 'application/json' }),
  )
  const entries = await Promise.all(records.map((each) => spool.append(each)))
  expect(entries.map((entry) => entry?.tag)).toEqual([1, 2, 3])
  expect([spool.spans, spool.bytes]).toEqual([6, 6000])
  for (const expected of records) {
    const entry = spool.takeOldest()
    expect(entry && (await spool.read(entry))).toMatchObject(expected)
    if (entry) await spool.settle(entry)
  }
  expect(spool.takeOldest()).toBeUndefined()
  expect([spool.spans, spool.bytes]).toEqual([0, 0])
  await clock.advance(1000)
  await spool.close()
  expect(filesIn(directory)).toEqual([])
  expect([warnings, lost]).toEqual([[], []])
})

test('nothing is made before the first append, not even by a look for orphans', async () => {
  const directory = temporaryDirectory()
  const { spool, clock, warnings } = setupSpool({ directory })
  expect(await spool.inherit()).toEqual({ owners: 0, spans: 0, bytes: 0, tornRecords: 0, tornBytes: 0, undecided: 0 })
  await clock.advance(60_000)
  await spool.close()
  expect(filesIn(directory)).toEqual([])
  expect([warnings, clock.ownTimers]).toEqual([[], 0])
})

test('the next process takes over at once what a closed spool has left', async () => {
  const directory = temporaryDirectory()
  const first = setupSpool({ directory })
  for (let tag = 0; tag < 5; tag++) await first.spool.append(record(tag))
  const taken = first.spool.takeOldest()
  if (taken) await first.spool.settle(taken)
  await first.spool.close()
  const second = setupSpool({ directory })
  expect(await second.spool.inherit()).toMatchObject({ owners: 1, spans: 4, bytes: 400, tornRecords: 0 })
  await second.spool.append(record(9))
  expect(await drain(second.spool)).toEqual([1, 2, 3, 4, 9])
  await second.spool.close()
  expect(filesIn(directory)).toEqual([])
})

test('a process that was killed has left everything that it appended and did not settle', async () => {
  const directory = temporaryDirectory()
  const processes = new FakeProcesses()
  const first = setupSpool({ directory }, { processes })
  for (let tag = 0; tag < 5; tag++) await first.spool.append(record(tag))
  const entries = [first.spool.takeOldest(), first.spool.takeOldest(), first.spool.takeOldest()]
  // Out of order, and the first one is in a request when the process dies.
  if (entries[2]) await first.spool.settle(entries[2])
  if (entries[1]) await first.spool.settle(entries[1])
  const second = setupSpool({ directory })
  expect(await second.spool.inherit()).toMatchObject({ owners: 0, undecided: 0 })
  processes.kill()
  expect(await second.spool.inherit()).toMatchObject({ owners: 1, spans: 3 })
  expect(await drain(second.spool)).toEqual([0, 3, 4])
})

test('an entry that is put back is the oldest again', async () => {
  const { spool } = setupSpool({ directory: temporaryDirectory() })
  for (const tag of [1, 2, 3]) await spool.append(record(tag))
  const first = spool.takeOldest()
  spool.takeOldest()
  if (first) spool.putBack(first)
  expect(spool.takeOldest()).toBe(first)
  expect(spool.takeOldest()?.tag).toBe(3)
})

test('in the exit event, appends that are under way are finished, and none is written twice', async () => {
  const directory = temporaryDirectory()
  const first = setupSpool({ directory })
  const records = [1, 2, 3].map((tag) => record(tag))
  const promises = records.map((each) => first.spool.append(each))
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  for (const each of [...records, record(4)]) expect(first.spool.appendSync(each)?.tag).toBe(each.tag)
  expect(first.spool.spans).toBe(4)
  first.spool.closeSync()
  const second = setupSpool({ directory })
  expect(await second.spool.inherit()).toMatchObject({ spans: 4 })
  expect(await drain(second.spool)).toEqual([1, 2, 3, 4])
  expect((await Promise.all(promises)).map((entry) => entry?.tag)).toEqual([1, 2, 3])
})

test('what is settled while the last cursor of its segment is written leaves no file behind', async () => {
  const directory = temporaryDirectory()
  const first = setupSpool({ directory })
  for (let tag = 0; tag < 2; tag++) await first.spool.append(record(tag))
  await first.spool.close()
  let onWritten = (): void => {}
  const write: typeof nodeDisk.async.write = async (...args) => {
    const bytes = await nodeDisk.async.write(...args)
    onWritten()
    return bytes
  }
  const { spool, warnings } = setupSpool({ directory }, { disk: { ...nodeDisk, async: { ...nodeDisk.async, write } } })
  await spool.inherit()
  const [one, other] = [spool.takeOldest()!, spool.takeOldest()!]
  let settled: Promise<void> | undefined
  onWritten = () => void (settled ??= spool.settle(other))
  await spool.settle(one)
  await settled
  await spool.close()
  expect(filesIn(directory)).toEqual([])
  expect(warnings).toEqual([])
})
