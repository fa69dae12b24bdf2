// SPDX-License-Identifier: Apache-2.0
// A crash leaves a file that ends anywhere. Whatever is whole is read as it was, and whatever is not is counted.
import { expect, test } from 'vitest'
import { RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../src/spool/format.js'
import { DEAD_MILLIS } from '../../src/spool/lease.js'
import { ROOT, inheritSpool, leaveSpool, readAll, smallRecords } from './left-spool.js'
import { drain, setupSpool } from './setup-spool.js'

/** Where each record begins, and the end of the last one. */
function offsetsOf(records: readonly { readonly bytes: Uint8Array }[]): number[] {
  const offsets = [SEGMENT_HEADER_BYTES]
  for (const { bytes } of records) offsets.push((offsets.at(-1) ?? 0) + RECORD_HEADER_BYTES + bytes.length)
  return offsets
}

test('a segment that ends at any byte gives every record that is whole, and counts the spans of one whose header is', async () => {
  const left = await leaveSpool(smallRecords())
  const whole = left.disk.bytesOf(left.segment)
  const offsets = offsetsOf(left.records)
  expect(offsets.at(-1)).toBe(whole.length)
  for (let size = 0; size <= whole.length; size++) {
    const disk = left.disk.copy()
    disk.put(left.segment, whole.slice(0, size))
    const { spool, clock, inherited, lost, warnings } = await inheritSpool(disk)
    const isIn = left.records.filter((_, index) => (offsets[index + 1] ?? 0) <= size)
    const cutOff = left.records.find(
      (_, index) => (offsets[index] ?? 0) + RECORD_HEADER_BYTES <= size && size < (offsets[index + 1] ?? 0),
    )
    const isTorn = size > 0 && !offsets.includes(size)
    expect(inherited, `${size} bytes`).toMatchObject({
      owners: 1,
      spans: [...isIn, ...(cutOff ? [cutOff] : [])].reduce((sum, { spanCount }) => sum + spanCount, 0),
      tornRecords: isTorn ? 1 : 0,
    })
    expect(lost).toEqual(cutOff ? [`spool_unreadable ${cutOff.tag}`] : [])
    expect(await readAll(spool)).toEqual(isIn)
    await clock.advance(1000)
    expect(disk.files(ROOT), `${size} bytes`).toEqual([])
    expect(warnings).toEqual([])
  }
})

test('a cursor that ends at any byte hides no record that is not settled, and is continued where it is whole', async () => {
  const left = await leaveSpool(smallRecords(4), [1, 3, 2])
  const whole = left.disk.bytesOf(left.cursor)
  expect(whole.length).toBe(24)
  for (let size = 0; size <= whole.length; size++) {
    const disk = left.disk.copy()
    disk.put(left.cursor, whole.slice(0, size))
    const first = await inheritSpool(disk)
    const settled = [1, 3, 2].slice(0, Math.floor(size / 8))
    const rest = [1, 2, 3, 4].filter((tag) => !settled.includes(tag))
    expect(first.inherited.spans, `${size} bytes`).toBe(rest.reduce((sum, tag) => sum + tag, 0))
    const taken = first.spool.takeOldest()
    expect(taken?.tag).toBe(rest[0])
    if (taken) await first.spool.settle(taken)
    // And this one is killed, too.
    const second = await inheritSpool(disk.copy())
    expect(second.inherited.owners).toBe(0)
    await first.spool.close()
    const third = await inheritSpool(disk.copy())
    expect(await drain(third.spool)).toEqual(rest.slice(1))
  }
})

test('an owner whose lease ends at any byte is dead when the lease has not changed for half a minute', async () => {
  const left = await leaveSpool(smallRecords())
  const whole = left.disk.bytesOf(left.lease)
  // All but the line feed.
  for (let size = 0; size < whole.length - 1; size++) {
    const disk = left.disk.copy()
    disk.put(left.lease, whole.slice(0, size))
    const { spool, clock } = setupSpool({ directory: ROOT }, { disk })
    expect(await spool.inherit(), `${size} bytes`).toMatchObject({ owners: 0, undecided: 1 })
    clock.stall(DEAD_MILLIS - 1)
    expect(await spool.inherit()).toMatchObject({ owners: 0, undecided: 1 })
    clock.stall(1)
    expect(await spool.inherit()).toMatchObject({ owners: 1, spans: 6, undecided: 0 })
    expect(await drain(spool)).toEqual([1, 2, 3])
  }
})
