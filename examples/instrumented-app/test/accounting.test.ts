// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { settle } from '../src/demo/accounting.js'

const counts = { ended: 10, exported: 7, queued: 0, inFlight: 0, stored: 0, failed: { timeout: 1 }, dropped: { queue_full: 2 } }

test('an account closes when every span is counted and the sink received what was exported', () => {
  expect(settle({ ended: 10, delivered: 7, counts }).faults).toEqual([])
})

test('a span that no count has is a fault', () => {
  const { faults } = settle({ ended: 10, delivered: 7, counts: { ...counts, dropped: {} } })
  expect(faults).toEqual(['10 spans ended, and 8 are accounted for'])
})

test('a processor that missed a span is at fault, even if its own counts add up', () => {
  const { faults } = settle({ ended: 11, delivered: 7, counts })
  expect(faults).toEqual(['11 spans ended, and the processor counted 10', '11 spans ended, and 10 are accounted for'])
})

test('a span that was exported and did not arrive is a fault', () => {
  expect(settle({ ended: 10, delivered: 6, counts }).faults).toEqual(['7 exported, and the sink received 6'])
})

test('without counts, only more spans at the sink than ended are a fault', () => {
  expect(settle({ ended: 10, delivered: 6, counts: undefined }).faults).toEqual([])
  expect(settle({ ended: 10, delivered: 11, counts: undefined }).faults).toEqual(['11 delivered, and only 10 ended'])
})
