// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger, lostIn, snapshot } from '../../src/accounting/ledger.js'
import type { Transitions } from '../../src/accounting/ledger.js'

/** What may happen to spans, and how many of them. */
const transition = fc.record({
  kind: fc.constantFrom('admit', 'drop', 'encode', 'refuse', 'hand over', 'settle', 'tell', 'sweep'),
  count: fc.nat(5),
  isEncoded: fc.boolean(),
})

test('R4: every transition keeps the equation of the counts (I1)', () => {
  fc.assert(
    fc.property(fc.array(transition, { maxLength: 50 }), (transitions) => {
      const ledger = new Ledger()
      const { counts } = ledger
      for (const { kind, count, isEncoded } of transitions) {
        const waiting = isEncoded ? counts.encoded : counts.queued
        if (kind === 'admit') ledger.admit()
        else if (kind === 'drop') ledger.drop('queue_full')
        else if (kind === 'encode' && counts.queued > 0) ledger.encode()
        else if (kind === 'refuse' && counts.queued > 0) ledger.refuse('rejected')
        else if (kind === 'hand over') ledger.handOver(Math.min(count, waiting), isEncoded)
        else if (kind === 'settle') {
          const settled = Math.min(count, counts.inFlight)
          const exported = settled >> 1
          ledger.settle(settled, { exported, failed: { timeout: (settled - exported) >> 1, never: 0 } })
        } else if (kind === 'tell') {
          const told = Math.min(count, ledger.awaited)
          ledger.settle(0, { exported: told >> 1, failed: { expired: told & 1 }, kept: told >> 1 })
        } else if (kind === 'sweep') ledger.sweep()
        const { ended, exported, queued, encoded, inFlight, stored, kept } = counts
        expect(ended).toBe(exported + lostIn(counts) + queued + encoded + inFlight + stored)
        expect(Math.min(queued, encoded, inFlight, kept)).toBeGreaterThanOrEqual(0)
        expect(stored).toBeGreaterThanOrEqual(kept)
        expect(ledger.waiting).toBe(queued + encoded)
        expect(counts.failed).not.toHaveProperty('never')
      }
    }),
  )
})

test('a sweep loses what waits, and nothing in flight', () => {
  const ledger = new Ledger()
  for (let i = 0; i < 5; i++) ledger.admit()
  ledger.encode()
  ledger.handOver(2, false)
  expect(ledger.sweep()).toBe(3)
  expect(ledger.counts).toMatchObject({ queued: 0, encoded: 0, inFlight: 2, dropped: { shutdown: 3 } })
})

test('reasons beyond a limit are summed up', () => {
  const ledger = new Ledger()
  for (let i = 0; i < 100; i++) {
    ledger.admit()
    ledger.handOver(1, false)
    ledger.settle(1, { exported: 0, failed: { [`reason ${i}`]: 1 } })
  }
  expect(Object.keys(ledger.counts.failed)).toHaveLength(33)
  expect(ledger.counts.failed).toMatchObject({ 'reason 31': 1, other: 68 })
})

test('a snapshot does not change', () => {
  const ledger = new Ledger()
  const before = snapshot(ledger.counts)
  ledger.drop('queue_full')
  expect(before).toMatchObject({ ended: 0, dropped: { queue_full: 0 } })
})

test('a reason may have the name of what every object has', () => {
  const ledger = new Ledger()
  ledger.admit()
  ledger.handOver(1, false)
  ledger.settle(1, { exported: 0, failed: { toString: 1 } })
  expect(lostIn(ledger.counts)).toBe(1)
})

/** Compiled and never run: a count changes by a transition alone. */
export function cheat(ledger: Transitions): void {
  // @ts-expect-error -- the counts are read-only to everybody else
  ledger.counts.ended = 7
  // @ts-expect-error -- as above
  ledger.ended = 7
}
