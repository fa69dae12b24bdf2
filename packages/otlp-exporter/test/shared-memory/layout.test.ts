// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { type ControlLayout, type RingLayout, controlLayout } from '../../src/shared-memory/layout.js'

const COUNTS = [0, 1, 2, 3, 4, 5, 31, 32, 33, 1023, 1024, 1025, 8256, 2 ** 20 - 1, 2 ** 20 + 1]

test.each(COUNTS)('rings for %i slabs hold that many, and less than twice as many', (slabs) => {
  for (const { capacity } of ringsOf(controlLayout(slabs))) {
    expect(capacity).toBeGreaterThanOrEqual(slabs)
    expect(capacity).toBeLessThan(2 * Math.max(slabs, 2))
    expect(Math.log2(capacity) % 1).toBe(0)
  }
})

test.each(COUNTS)('no two words overlap, and all are inside the block (%i slabs)', (slabs) => {
  const layout = controlLayout(slabs)
  let end = 0
  for (const [from, to] of areasOf(layout)) {
    expect(from).toBeGreaterThanOrEqual(end)
    end = to
  }
  expect(end * 4).toBeLessThanOrEqual(layout.byteLength)
  expect(new Int32Array(new SharedArrayBuffer(layout.byteLength)).length).toBeGreaterThanOrEqual(end)
})

test.each(COUNTS)('what different threads write is 128 bytes apart (%i slabs)', (slabs) => {
  const areas = areasOf(controlLayout(slabs))
  for (const [i, [from, , writer]] of areas.entries()) {
    const [, before, other] = areas[i - 1] ?? [0, -Infinity, writer]
    if (other !== writer) expect((from - before + 1) * 4).toBeGreaterThanOrEqual(128)
  }
})

function ringsOf({ filled, returned }: ControlLayout): RingLayout[] {
  return [filled, returned]
}

type Area = readonly [from: number, to: number, writer: 'application' | 'thread']

/** In the order of their addresses, as indexes of words. */
function areasOf({ filled, returned, requests }: ControlLayout): Area[] {
  const areas: Area[] = [
    [filled.head, filled.head + 1, 'application'],
    [filled.tail, filled.tail + 1, 'thread'],
    [returned.head, returned.head + 1, 'thread'],
    [returned.tail, returned.tail + 1, 'application'],
    [requests, requests + 1, 'thread'],
    [filled.cells, filled.cells + filled.capacity, 'application'],
    [returned.cells, returned.cells + returned.capacity, 'thread'],
  ]
  return areas.toSorted(([a], [b]) => a - b)
}
