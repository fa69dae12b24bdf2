// SPDX-License-Identifier: Apache-2.0
import type { MicroCase } from './micro-case.js'

const CAPACITY = 2048
const ITEMS_PER_BATCH = 512
const PROGRESS_EVERY = 2 ** 28

interface Ring {
  readonly head: number
  offer(item: object): boolean
  take(): object | undefined
}

/**
 * One operation is an `offer` and a `take`, 512 of each in a row as between two turns of the drain loop. With `from`, the
 * sequence numbers start there: past 2^31 they are no longer small integers to V8.
 */
export async function ringOfferTake(from = 0): Promise<MicroCase> {
  const ring = await createRing(CAPACITY)
  const items = Array.from({ length: ITEMS_PER_BATCH }, (_, id) => ({ id }))
  advance(ring, from)
  return {
    opsPerBatch: ITEMS_PER_BATCH,
    batch() {
      for (const item of items) ring.offer(item)
      for (let i = 0; i < ITEMS_PER_BATCH; i++) ring.take()
    },
  }
}

/** The ring is no export of its package; it is measured as it was built. */
async function createRing(capacity: number): Promise<Ring> {
  const built = new URL('../../../../packages/batch-span-processor/dist/esm/span-ring.js', import.meta.url)
  const { SpanRing }: { SpanRing: new (capacity: number) => Ring } = await import(built.href)
  return new SpanRing(capacity)
}

/** There is no short cut: the sequence numbers are private, so every one of them is used. */
function advance(ring: Ring, to: number): void {
  const item = {}
  for (let sequence = 0; sequence < to; sequence++) {
    ring.offer(item)
    ring.take()
    if (sequence > 0 && sequence % PROGRESS_EVERY === 0) console.error(`  … sequence number ${sequence.toLocaleString('en-US')}`)
  }
}
