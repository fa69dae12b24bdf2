// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { BufferedBatch } from '../src/buffered-batch.js'
import type { BatchOutcome } from '../src/span-exporter.js'
import { exportWhole } from '../src/whole-export.js'
import { endedSpans } from './ended-span.js'

type Verdict = 'added' | 'full' | 'rejected'

/** What `exportWhole` sees of an exporter: batches that take so many spans, and a clock that only `add` moves on. */
function setup(options: {
  spans: number
  batches?: number
  room?: number
  millisPerSpan?: number
  verdictOf?: (index: number) => Verdict
  outcomeOf?: (batch: number, count: number) => BatchOutcome
}) {
  const { batches = Infinity, room = Infinity, millisPerSpan = 0, verdictOf, outcomeOf } = options
  const log: string[] = []
  let now = 0
  let opened = 0
  const spans = endedSpans(options.spans)
  const openBatch = (): BufferedBatch | undefined => {
    if (opened === batches) return undefined
    const number = opened++
    let spanCount = 0
    const batch = {
      get spanCount() {
        return spanCount
      },
      add(span: (typeof spans)[number]): Verdict {
        now += millisPerSpan
        const verdict = verdictOf?.(spans.indexOf(span)) ?? 'added'
        if (verdict !== 'added') return verdict
        if (spanCount === room) return 'full'
        spanCount++
        return 'added'
      },
      send(): Promise<BatchOutcome> {
        log.push(`send ${spanCount}`)
        return Promise.resolve(outcomeOf?.(number, spanCount) ?? { exported: spanCount, failed: {} })
      },
      discard: () => void log.push('discard'),
    }
    return batch as unknown as BufferedBatch
  }
  const { signal } = new AbortController()
  const run = (): Promise<BatchOutcome> =>
    exportWhole({
      spans,
      deadline: { at: Infinity, signal, closing: signal },
      openBatch,
      now: () => now,
      nextTurn: () => {
        log.push('turn')
        return Promise.resolve()
      },
      onEncoded: () => void log.push('encoded'),
    })
  return { run, log, opened: () => opened }
}

test('an array that fits goes out as one batch, in one stretch', async () => {
  const { run, log } = setup({ spans: 512 })
  expect(await run()).toEqual({ exported: 512, failed: {} })
  expect(log).toEqual(['send 512', 'encoded'])
})

test('encoding gives the event loop a turn after each stretch of half a millisecond', async () => {
  const { run, log } = setup({ spans: 64, millisPerSpan: 0.05 })
  expect(await run()).toEqual({ exported: 64, failed: {} })
  // The clock is looked at after every eighth span, and 16 of them are 0.8 ms.
  expect(log).toEqual(['turn', 'turn', 'turn', 'send 64', 'encoded'])
})

test('an array that does not fit goes out in several batches, each sent when the next span finds it full', async () => {
  const { run, log } = setup({ spans: 25, room: 10 })
  expect(await run()).toEqual({ exported: 25, failed: {} })
  expect(log).toEqual(['send 10', 'send 10', 'send 5', 'encoded'])
})

test('a span that does not fit into an empty batch is rejected, and the others go out', async () => {
  const { run, log } = setup({ spans: 3, verdictOf: (index) => (index === 1 ? 'full' : 'added') })
  const { exported, failed, error } = await run()
  expect({ exported, failed }).toEqual({ exported: 2, failed: { rejected: 1 } })
  expect(error).toEqual(new Error('1 spans cannot be sent: no valid ids, or too large'))
  expect(log).toEqual(['send 1', 'send 1', 'encoded'])
})

test('rejected spans are counted, and a batch of nothing else is not sent', async () => {
  const { run, log } = setup({ spans: 7, verdictOf: () => 'rejected' })
  expect(await run()).toMatchObject({ exported: 0, failed: { rejected: 7 }, error: expect.any(Error) })
  expect(log).toEqual(['discard', 'encoded'])
})

test('where no more bytes may be held, the rest is given up at once', async () => {
  const { run, log } = setup({ spans: 100, room: 10, batches: 2 })
  const { exported, failed, error } = await run()
  expect({ exported, failed }).toEqual({ exported: 20, failed: { buffer_full: 80 } })
  expect(error).toEqual(new Error('maxBufferedBytes of encoded spans are waiting already'))
  expect(log).toEqual(['send 10', 'send 10', 'encoded'])
})

test('outcomes add up by reason, and the first error is the one', async () => {
  const { run } = setup({
    spans: 30,
    room: 10,
    outcomeOf: (batch, count) =>
      batch === 1
        ? { exported: count, failed: {} }
        : { exported: 1, failed: { timeout: count - 1 }, error: new Error(`batch ${batch}`) },
  })
  expect(await run()).toEqual({ exported: 12, failed: { timeout: 18 }, error: new Error('batch 0') })
})

test('an empty array opens no batch', async () => {
  const { run, opened } = setup({ spans: 0 })
  expect(await run()).toEqual({ exported: 0, failed: {} })
  expect(opened()).toBe(0)
})
