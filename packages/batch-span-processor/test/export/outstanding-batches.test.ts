// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextIteration } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ledger } from '../../src/accounting/ledger.js'
import { OutstandingBatches } from '../../src/export/outstanding-batches.js'
import type { OutstandingBatch } from '../../src/export/outstanding-batches.js'
import { FlushBarriers } from '../../src/loop/flush-barriers.js'
import type { PipelineParts } from '../../src/pipeline-parts.js'

const STORED = { exported: 0, failed: {}, stored: 1 }
const EXPORTED = { exported: 1, failed: {} }

/** Batches of one span each. */
function setup() {
  const ledger = new Ledger()
  const parts = { ledger, losses: {}, barriers: new FlushBarriers() } as unknown as PipelineParts
  const batches = new OutstandingBatches(parts, () => {})
  let count = 0
  const add = (): OutstandingBatch => {
    ledger.admit()
    ledger.handOver(1, false)
    return batches.add(count++, 1)
  }
  const finish = (batch: OutstandingBatch): void => batches.listenerOf(batch)({ exported: 1, failed: {} })
  return { batches, add, finish, ledger }
}

test('the oldest outstanding span is known, in whatever order batches are stored and end', () => {
  const action = fc.record({ do: fc.constantFrom('add', 'add', 'store', 'export', 'finish'), at: fc.nat(100) })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const { batches, add, finish } = setup()
      const inFlight: OutstandingBatch[] = []
      const stored: OutstandingBatch[] = []
      for (const { do: what, at } of actions) {
        const from = what === 'finish' ? stored : inFlight
        const batch = what === 'add' ? undefined : from.splice(at % Math.max(1, from.length), 1)[0]
        if (what === 'add') inFlight.push(add())
        else if (batch && what === 'finish') finish(batch)
        else if (batch && what === 'export') batches.settle(batch, EXPORTED, 'unknown')
        else if (batch) {
          batches.settle(batch, STORED, 'unknown')
          stored.push(batch)
        }
        expect(batches.oldest).toBe(Math.min(Infinity, ...[...inFlight, ...stored].map(({ oldest }) => oldest)))
      }
    }),
  )
})

test('a batch that is done is let go, even if an older one never ends', async () => {
  const { batches, add } = setup()
  const first = add()
  batches.settle(first, STORED, 'unknown')
  const done = Array.from({ length: 1000 }, () => {
    const batch = add()
    batches.settle(batch, EXPORTED, 'unknown')
    return new WeakRef(batch)
  })
  await nextIteration()
  ;(globalThis as unknown as { gc(): void }).gc()
  expect(done.filter((reference) => reference.deref() !== undefined).length).toBeLessThan(3)
  expect(batches.oldest).toBe(first.oldest)
})

test('a sweep ends what is stored, once', () => {
  const { batches, add, finish, ledger } = setup()
  const [one, two] = [add(), add(), add()]
  batches.settle(one, STORED, 'unknown')
  batches.settle(two, STORED, 'unknown')
  finish(two)
  expect(ledger).toMatchObject({ inFlight: 1, stored: 1, exported: 1 })
  batches.sweep()
  expect(ledger).toMatchObject({ stored: 0, exported: 1, failed: { shutdown: 1 } })
  finish(one)
  batches.sweep()
  expect(ledger).toMatchObject({ stored: 0, exported: 1, failed: { shutdown: 1 } })
})
