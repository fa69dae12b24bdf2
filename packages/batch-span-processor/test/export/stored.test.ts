// SPDX-License-Identifier: Apache-2.0
// Spans that the exporter stores because the backend is down, as the whole processor sees them.
import { setImmediate as nextIteration } from 'node:timers/promises'
import type { BatchOutcome, StoredOutcome } from '@spanring/core'
import { expectAccounted } from '@spanring/test-kit/accounting'
import { FakeClock } from '@spanring/test-kit/clock'
import { captureDiag, said } from '@spanring/test-kit/diag'
import { describe, expect, test } from 'vitest'
import { SpanPipeline } from '../../src/span-pipeline.js'
import { ManualExporter } from '../manual-exporter.js'
import { SETTINGS, setupIncremental } from '../setup-pipeline.js'
import { createSpan } from '../span.js'

const STORES = { answer: 'stores', delay: undefined } as const
const TAKES = { answer: 'ok', delay: undefined } as const
const NEVER = { answer: 'never', delay: undefined } as const

/** Every batch is stored, and the test tells what becomes of it. */
async function setup(spans: number, send: readonly (typeof STORES | typeof TAKES | typeof NEVER)[] = [STORES]) {
  const parts = setupIncremental({}, 2, { send: [...send] })
  const { clock, exporter, pipeline, end } = parts
  end(spans)
  await clock.advance(100)
  const tell = (index: number, outcome: StoredOutcome): void => exporter.sent[index]?.deadline.onStoredOutcome?.(outcome)
  const expectStats = (expected: object): void => {
    expectAccounted(pipeline.stats())
    expect(pipeline.stats()).toMatchObject(expected)
  }
  return { ...parts, tell, expectStats }
}

describe('a stored batch', () => {
  test('needs no slot, and no deadline runs against it', async () => {
    const { clock, exporter, expectStats } = await setup(50)
    expect(exporter.sent.length).toBe(5)
    expectStats({ stored: 50, kept: 0, inFlight: 0, encoded: 0, exported: 0, failed: {} })
    expect(clock.ownTimers).toBe(0)
    await clock.advance(3_600_000)
    expectStats({ stored: 50, failed: {} })
    expect(exporter.sent.some(({ deadline }) => deadline.signal.aborted)).toBe(false)
  })

  test('is counted when its outcome is told, in one or several parts', async () => {
    const { tell, expectStats } = await setup(20)
    tell(0, { exported: 10, failed: {} })
    expectStats({ stored: 10, exported: 10 })
    tell(1, { exported: 3, failed: { expired: 2 } })
    expectStats({ stored: 5, exported: 13, failed: { expired: 2 } })
    tell(1, { exported: 0, failed: {}, kept: 1 })
    tell(1, { exported: 4, failed: {} })
    expectStats({ stored: 1, kept: 1, exported: 17, failed: { expired: 2 } })
    tell(1, { exported: 1, failed: {} })
    tell(0, { exported: 10, failed: {} })
    expectStats({ stored: 1, kept: 1, exported: 17, failed: { expired: 2 } })
  })

  test('is done when all of it is told: nothing more is read', async () => {
    const { tell, expectStats } = await setup(10)
    tell(0, { exported: 10, failed: {} })
    let reads = 0
    const more = {
      failed: {},
      get exported(): number {
        return ++reads
      },
    }
    tell(0, more)
    expect(reads).toBe(0)
    expectStats({ stored: 0, exported: 10 })
  })

  test('may be a part of a batch', async () => {
    const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { send: [{ answer: 'stores some', delay: undefined }] })
    end(10)
    await clock.advance(100)
    expect(pipeline.stats()).toMatchObject({ exported: 1, failed: { too_large: 8 }, stored: 1 })
    for (const sent of exporter.sent) exporter.tell(sent, 'exported')
    expect(pipeline.stats()).toMatchObject({ exported: 2, failed: { too_large: 8 }, stored: 0 })
  })

  test('may get its outcome in the stretch of code in which it is stored', async () => {
    const exported = { answer: 'exported', delay: undefined } as const
    const { clock, pipeline, end, watch } = setupIncremental({}, 1, { send: [STORES], stored: [exported] })
    end(10)
    const flush = watch(pipeline.forceFlush())
    await clock.advance(1)
    expect(pipeline.stats()).toMatchObject({ exported: 10, stored: 0 })
    expect(flush.state).toBe('fulfilled')
  })

  test('is counted within the calls of the exporter in the exit event', () => {
    const { exporter, pipeline, end } = setupIncremental({}, 2, { send: [NEVER] })
    end(20)
    exporter.drain?.()
    const [first, second] = exporter.sent.map(({ deadline }) => deadline)
    first?.onOutcome?.({ exported: 0, failed: {}, stored: 10 })
    second?.onOutcome?.({ exported: 4, failed: {}, stored: 6 })
    expect(pipeline.stats()).toMatchObject({ exported: 4, inFlight: 0, stored: 16, kept: 0 })
    first?.onStoredOutcome?.({ exported: 0, failed: {}, kept: 10 })
    second?.onStoredOutcome?.({ exported: 1, failed: { expired: 5 } })
    expect(pipeline.stats()).toMatchObject({ exported: 5, failed: { expired: 5 }, stored: 10, kept: 10 })
  })

  test('keeps the oldest span in the queue while there is no room, however long', async () => {
    const { clock, exporter, pipeline, end, tell, expectStats } = await setup(10)
    exporter.openBatch = () => ({ spanCount: 0, byteLength: 0, add: () => 'full', send: () => Promise.reject() })
    end(1)
    await clock.advance(60_000)
    expectStats({ queued: 1, stored: 10 })
    tell(0, { exported: 10, failed: {} })
    await clock.advance(1000)
    expect(pipeline.stats(), 'nothing will make room').toMatchObject({ queued: 0, failed: { buffer_full: 1 } })
  })
})

describe('an outcome that does not add up', () => {
  test.each<[string, () => StoredOutcome]>([
    ['more than is stored', () => ({ exported: 8, failed: {} })],
    ['more than is stored, in parts', () => ({ exported: 3, failed: { expired: 3 }, kept: 2 })],
    ['a negative count', () => ({ exported: -1, failed: {} })],
    ['a negative reason', () => ({ exported: 5, failed: { expired: -1 } })],
    ['a fraction', () => ({ exported: 0, failed: {}, kept: 0.5 })],
    ['a text', () => ({ exported: '1' as unknown as number, failed: {} })],
    ['no count', () => ({ failed: {} }) as StoredOutcome],
    ['nothing', () => undefined as unknown as StoredOutcome],
    [
      'a getter that throws',
      () => ({
        exported: 1,
        get failed(): Record<string, number> {
          throw new Error('no')
        },
      }),
    ],
  ])('fails what is left of its batch as unknown: %s', async (_what, outcome) => {
    const { tell, expectStats } = await setup(20)
    tell(0, { exported: 3, failed: {} })
    tell(0, outcome())
    expectStats({ stored: 10, kept: 0, exported: 3, failed: { unknown: 7 } })
    tell(0, { exported: 1, failed: {} })
    expectStats({ stored: 10, exported: 3, failed: { unknown: 7 } })
  })

  test.each<[string, BatchOutcome]>([
    ['too many', { exported: 1, failed: {}, stored: 10 }],
    ['too few', { exported: 1, failed: {}, stored: 8 }],
    ['negative', { exported: 11, failed: {}, stored: -1 }],
    ['no number', { exported: 0, failed: {}, stored: '10' as unknown as number }],
    ['kept at once', { exported: 0, failed: {}, kept: 10 } as BatchOutcome],
  ])('fails the whole batch if it is the first one: %s', async (_what, outcome) => {
    const { exporter, tell, expectStats } = await setup(10, [NEVER])
    exporter.sent[0]?.deadline.onOutcome?.(outcome)
    expectStats({ stored: 0, exported: 0, failed: { unknown: 10 } })
    tell(0, { exported: 10, failed: {} })
    expectStats({ exported: 0, failed: { unknown: 10 } })
  })
})

describe('a flush', () => {
  test('waits until its stored spans are exported, in whatever order, and for no later ones', async () => {
    const { clock, end, pipeline, tell, watch } = await setup(30)
    const flush = watch(pipeline.forceFlush())
    end(10)
    await clock.advance(60)
    for (const index of [3, 1, 2]) tell(index, { exported: 10, failed: {} })
    tell(0, { exported: 9, failed: {} })
    await clock.advance(1)
    expect(flush.state).toBe('pending')
    tell(0, { exported: 1, failed: {} })
    await clock.advance(1)
    expect(flush.state).toBe('fulfilled')
    const next = watch(pipeline.forceFlush())
    await clock.advance(1)
    expect(next.state).toBe('fulfilled')
  })

  test('does not wait for spans that are kept', async () => {
    const { clock, pipeline, tell, watch } = await setup(10)
    const flush = watch(pipeline.forceFlush())
    tell(0, { exported: 0, failed: {}, kept: 10, error: new Error('still down') })
    await clock.advance(1)
    expect(flush.state).toBe('fulfilled')
  })

  test('rejects with the error of stored spans that it covers, and the report has it', async () => {
    const lines = captureDiag()
    const { clock, end, pipeline, tell, watch } = await setup(10)
    const before = watch(pipeline.forceFlush())
    end(10)
    const after = watch(pipeline.forceFlush())
    await clock.advance(1)
    tell(1, { exported: 9, failed: { expired: 1 }, error: new Error('too old') })
    tell(0, { exported: 10, failed: {} })
    await clock.advance(1)
    expect(before.state).toBe('fulfilled')
    expect(after).toMatchObject({ state: 'rejected', error: new Error('too old') })
    expect((await said(lines)).join()).toContain('1 so far (1 failed as expired); last error: too old')
  })

  test('names the reasons if the outcome has no error', async () => {
    const { clock, pipeline, tell, watch } = await setup(10)
    const flush = watch(pipeline.forceFlush())
    tell(0, { exported: 7, failed: { expired: 2, spool_full: 1 } })
    await clock.advance(1)
    expect(flush.error).toEqual(new Error('3 of 10 spans failed: expired,spool_full'))
  })

  test('does not reject because spans are stored, whatever the reason', async () => {
    const { clock, exporter, pipeline, tell, watch } = await setup(10, [NEVER])
    const flush = watch(pipeline.forceFlush())
    exporter.sent[0]?.deadline.onOutcome?.({ exported: 0, failed: {}, stored: 10, error: new Error('down') })
    tell(0, { exported: 10, failed: {} })
    await clock.advance(1)
    expect(flush.state).toBe('fulfilled')
  })

  test('says how many spans are stored when its time is over, and those stay stored', async () => {
    const { clock, exporter, pipeline, end, tell, watch, expectStats } = await setup(30, [STORES, STORES, STORES, NEVER])
    tell(0, { exported: 0, failed: {}, kept: 6 })
    Object.assign(exporter, { maxConcurrentBatches: 1 })
    end(5)
    const flush = watch(pipeline.forceFlush({ timeoutMillis: 100 }))
    await clock.advance(100)
    expect(flush).toMatchObject({ state: 'rejected', after: 100 })
    expect((flush.error as Error).message).toBe(
      'forceFlush has not ended within 100 ms; 0 queued, 5 in flight, 24 stored until the backend is back',
    )
    expectStats({ stored: 30, kept: 6 })
  })
})

describe('a shutdown', () => {
  test('waits for the last attempts of the exporter, and fulfils if the rest is kept', async () => {
    const { clock, exporter, pipeline, tell, watch, expectStats } = await setup(20)
    exporter.sent[0]?.deadline.closing.addEventListener('abort', () => {
      tell(0, { exported: 10, failed: {} })
      clock.later(() => tell(1, { exported: 0, failed: {}, kept: 10 }), 2000)
    })
    const shutdown = watch(pipeline.shutdown())
    await clock.advance(10_000)
    expect(shutdown).toMatchObject({ state: 'fulfilled', after: 2000 })
    expectStats({ exported: 10, stored: 10, kept: 10, failed: {} })
    expect(exporter.log.slice(-2)).toEqual(['forceFlush', 'shutdown'])
  })

  test('counts what the exporter tells in its own shutdown, after the drain', async () => {
    const { clock, exporter, pipeline, tell, watch, expectStats } = await setup(20)
    exporter.onShutdown = () => {
      expectStats({ stored: 20, failed: {} })
      tell(0, { exported: 0, failed: {}, kept: 10 })
      tell(1, { exported: 10, failed: {} })
    }
    const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
    await clock.advance(1000)
    expect(shutdown.state).toBe('fulfilled')
    expectStats({ exported: 10, stored: 10, kept: 10, failed: {} })
  })

  test('rejects with the error of what fails in the shutdown of the exporter', async () => {
    const { clock, exporter, pipeline, tell, watch } = await setup(10)
    exporter.onShutdown = () => tell(0, { exported: 0, failed: { expired: 10 }, error: new Error('too old') })
    const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
    await clock.advance(1000)
    expect(shutdown).toMatchObject({ state: 'rejected', error: new Error('too old') })
  })

  test('counts as lost what nobody has told by then, and ignores what is told later', async () => {
    const lines = captureDiag()
    const { clock, exporter, pipeline, tell, watch, expectStats } = await setup(30)
    tell(0, { exported: 0, failed: {}, kept: 4 })
    const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
    await clock.advance(1000)
    expect(exporter.log.slice(-2)).toEqual(['forceFlush', 'shutdown'])
    expect(shutdown).toMatchObject({ state: 'rejected', error: new Error('shutdown timed out with 26 spans unsent') })
    expectStats({ stored: 4, kept: 4, failed: { shutdown: 26 } })
    expect((await said(lines)).join()).toContain('shut down: lost 26 (26 failed as shutdown), 26 of 30 spans')
    tell(1, { exported: 10, failed: {} })
    await clock.advance(1000)
    expectStats({ stored: 4, exported: 0, failed: { shutdown: 26 } })
    expect(clock.ownTimers).toBe(0)
  })

  test('ends a flush that waits for stored spans, without another call into the exporter', async () => {
    const { clock, exporter, pipeline, watch } = await setup(10)
    const flush = watch(pipeline.forceFlush({ timeoutMillis: 0 }))
    const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
    await clock.advance(999)
    expect(exporter.log.slice(-2)).toEqual(['forceFlush', 'shutdown'])
    expect(shutdown.state).toBe('rejected')
    expect(flush).toMatchObject({ state: 'rejected', error: new Error('shutdown timed out with 10 spans unsent') })
  })
})

test('all that is left of a stored batch is small: what the exporter made for it can be collected', async () => {
  const clock = new FakeClock()
  const exporter = new ManualExporter(() => clock.now())
  const made: WeakRef<object>[] = []
  const listeners: unknown[] = []
  exporter.openBatch = () => {
    const batch: ReturnType<ManualExporter['openBatch']> = {
      spanCount: 0,
      byteLength: 0,
      add: () => 'added',
      send: ({ onStoredOutcome, onOutcome, signal }) => {
        made.push(new WeakRef(signal), new WeakRef(onOutcome!))
        listeners.push(onStoredOutcome)
        return Promise.resolve({ exported: 0, failed: {}, stored: 10 })
      },
    }
    made.push(new WeakRef(batch))
    return batch
  }
  const pipeline = new SpanPipeline(exporter, SETTINGS, clock)
  for (let i = 0; i < 30; i++) pipeline.admit(createSpan(i))
  await clock.advance(100)
  await nextIteration()
  ;(globalThis as unknown as { gc(): void }).gc()
  expect(pipeline.stats().stored).toBe(30)
  expect(listeners.length).toBe(3)
  expect(made.filter((reference) => reference.deref() !== undefined)).toEqual([])
  expect(made.length).toBe(9)
})
