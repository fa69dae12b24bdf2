// SPDX-License-Identifier: Apache-2.0
// Damage loses what is damaged and nothing else, and no record is ever read as something that was not written.
import { SeededRandom, seedFromEnvironment } from '@spanring/test-kit/random'
import { expect, test } from 'vitest'
import { crc32, crc32ByTable } from '../../src/spool/crc32.js'
import { CURSOR_ENTRY_BYTES, RECORD_HEADER_BYTES, SEGMENT_HEADER_BYTES } from '../../src/spool/format.js'
import { DEAD_MILLIS } from '../../src/spool/lease.js'
import { ROOT, flipped, inheritSpool, leaveSpool, readAll, smallRecords } from './left-spool.js'
import { drain, record, setupSpool } from './setup-spool.js'

const seed = seedFromEnvironment()
console.log(`SEED=${seed}`)

test('a flipped bit anywhere in a segment loses the record that it is in, counted, and no other one', async () => {
  const left = await leaveSpool(smallRecords())
  const whole = left.disk.bytesOf(left.segment)
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const disk = left.disk.copy()
      disk.put(left.segment, flipped(whole, at, bit))
      const { spool, inherited, lost, warnings } = await inheritSpool(disk)
      let start = SEGMENT_HEADER_BYTES
      const hit = left.records.find(
        ({ bytes }) => at >= SEGMENT_HEADER_BYTES && at < (start += RECORD_HEADER_BYTES + bytes.length),
      )
      expect(await readAll(spool), `bit ${bit} of byte ${at}`).toEqual(left.records.filter((each) => each !== hit))
      const isInPayload = hit !== undefined && at >= start - hit.bytes.length
      expect(lost).toEqual(isInPayload ? [`spool_unreadable ${hit.tag}`] : [])
      expect(inherited.tornRecords).toBe(isInPayload ? 0 : 1)
      expect([spool.spans, spool.bytes, warnings]).toEqual([0, 0, []])
      await spool.close()
      expect(disk.files(ROOT)).toEqual([])
    }
  }
})

test('a flipped bit anywhere in a cursor settles no other record: at most its own is sent again', async () => {
  const left = await leaveSpool(smallRecords(5), [2, 4])
  const whole = left.disk.bytesOf(left.cursor)
  for (let at = 0; at < whole.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const disk = left.disk.copy()
      disk.put(left.cursor, flipped(whole, at, bit))
      const { spool } = await inheritSpool(disk)
      const again = at < CURSOR_ENTRY_BYTES ? 2 : 4
      expect(await drain(spool), `bit ${bit} of byte ${at}`).toEqual(
        [1, 2, 3, 4, 5].filter((tag) => tag % 2 === 1 || tag === again),
      )
    }
  }
})

test('a flipped bit anywhere in a lease hides nothing for longer than half a minute', async () => {
  const left = await leaveSpool(smallRecords())
  const whole = left.disk.bytesOf(left.lease)
  for (let at = 0; at < whole.length; at++) {
    const disk = left.disk.copy()
    disk.put(left.lease, flipped(whole, at, at % 8))
    const { spool, clock } = setupSpool({ directory: ROOT }, { disk })
    await spool.inherit()
    clock.stall(DEAD_MILLIS)
    await spool.inherit()
    expect(await drain(spool), `byte ${at}`).toEqual([1, 2, 3])
  }
})

test.each(['none', 'the second half', 'all but the first record', 'all'])(
  'a segment of which a power cut has left zeros (%s) gives what is before them',
  async (what) => {
    const left = await leaveSpool(smallRecords())
    const bytes = left.disk.bytesOf(left.segment)
    const [first] = left.records
    const from = { none: bytes.length, 'the second half': bytes.length / 2, all: 0 }[what]
    bytes.fill(0, from ?? SEGMENT_HEADER_BYTES + RECORD_HEADER_BYTES + (first?.bytes.length ?? 0))
    // A file system may give the file a size that its writer never reached.
    const sparse = new Uint8Array(200_000)
    sparse.set(bytes)
    left.disk.put(left.segment, sparse)
    const { spool, inherited } = await inheritSpool(left.disk)
    const wholeRecords = { none: 3, 'the second half': 1, all: 0 }[what] ?? 1
    expect(await readAll(spool)).toEqual(left.records.slice(0, wholeRecords))
    expect(inherited.tornRecords).toBe(1)
    await spool.close()
    expect(left.disk.files(ROOT)).toEqual([])
  },
)

test('random damage never makes a record that was not written', async () => {
  const random = new SeededRandom(seed)
  const left = await leaveSpool(smallRecords(6))
  const whole = left.disk.bytesOf(left.segment)
  for (let round = 0; round < 500; round++) {
    const bytes = whole.slice(0, random.below(whole.length + 1))
    for (let hits = random.below(4); hits >= 0 && bytes.length > 0; hits--) {
      const at = random.below(bytes.length)
      const length = Math.min(random.between(1, 60), bytes.length - at)
      if (random.chance(0.3)) bytes.copyWithin(at, random.below(bytes.length), bytes.length)
      else for (let i = 0; i < length; i++) bytes[at + i] = random.below(256)
    }
    const disk = left.disk.copy()
    disk.put(left.segment, bytes)
    const { spool } = await inheritSpool(disk)
    let last = 0
    for (const read of await readAll(spool)) {
      expect(read, `round ${round} of SEED=${seed}`).toEqual(left.records.find(({ tag }) => tag === read.tag))
      expect(read.tag).toBeGreaterThan(last)
      last = read.tag
    }
    expect([spool.spans, spool.bytes]).toEqual([0, 0])
  }
})

test('a record that holds a copy of a segment is one record, also when its own header is damaged', async () => {
  const inner = await leaveSpool(smallRecords())
  const bytes = inner.disk.bytesOf(inner.segment)
  const left = await leaveSpool([record(7, 0, { bytes }), record(8)])
  const whole = left.disk.bytesOf(left.segment)
  expect(await readAll((await inheritSpool(left.disk.copy())).spool)).toEqual(left.records)
  left.disk.put(left.segment, flipped(whole, SEGMENT_HEADER_BYTES + 9, 1))
  expect(await readAll((await inheritSpool(left.disk)).spool)).toEqual(left.records.slice(1))
})

test('a file that was given the name of another segment gives nothing', async () => {
  const left = await leaveSpool(smallRecords())
  left.disk.sync.rename(left.segment, left.segment.replace('00000001', '00000002'))
  const { spool, inherited } = await inheritSpool(left.disk)
  expect(inherited).toMatchObject({ spans: 0, tornRecords: 1 })
  await spool.close()
  expect(left.disk.files(ROOT)).toEqual([])
})

test('the checksum is that of zlib, with and without it', () => {
  const random = new SeededRandom(seed)
  const bytes = Uint8Array.from({ length: 1000 }, () => random.below(256))
  expect(crc32ByTable(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  for (const at of [0, 1, 500, 1000]) {
    expect(crc32(bytes.subarray(at), crc32(bytes.subarray(0, at)))).toBe(crc32ByTable(bytes))
    expect(crc32ByTable(bytes.subarray(at), crc32ByTable(bytes.subarray(0, at)))).toBe(crc32ByTable(bytes))
  }
})
