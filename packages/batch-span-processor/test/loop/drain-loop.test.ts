// SPDX-License-Identifier: Apache-2.0
import { captureDiag } from '@spanring/test-kit/diag'
import { describe, expect, test } from 'vitest'
import type { ExportResult, ReadableSpan } from '@spanring/core'
import { pendingResource } from '../manual-exporter.js'
import { setup, setupIncremental, setupManual } from '../setup-pipeline.js'
import { numbersOf } from '../span.js'

const sizes = (exporter: { calls: { numbers: number[] }[] }) => exporter.calls.map((call) => call.numbers.length)

test('a lone span is exported after the delay and not before', async () => {
  const { clock, exporter, end } = setup({})
  end()
  await clock.advance(49)
  expect(sizes(exporter)).toEqual([])
  await clock.advance(1)
  expect(sizes(exporter)).toEqual([1])
})

test('a full batch is exported without waiting for the delay', async () => {
  const { clock, exporter, end } = setup({ scheduledDelayMillis: 60_000 })
  end(10)
  expect(sizes(exporter)).toEqual([])
  await clock.advance(5)
  expect(sizes(exporter)).toEqual([10])
})

test('the delay starts with the first span after a quiet time, each time', async () => {
  const { clock, exporter, end } = setup({})
  for (let i = 1; i <= 3; i++) {
    await clock.advance(500)
    end()
    await clock.advance(49)
    expect(exporter.calls.length).toBe(i - 1)
    await clock.advance(1)
    expect(exporter.calls.length).toBe(i)
  }
})

test('under steady load no span waits longer than the delay and a poll', async () => {
  const { clock, exporter, end } = setup({ maxExportBatchSize: 1000, maxQueueSize: 1000 })
  for (let i = 0; i < 500; i++) {
    end()
    await clock.advance(1)
    const exported = exporter.numbers.length
    expect(i + 1 - exported, 'spans that wait, one a millisecond').toBeLessThanOrEqual(50 + 2)
  }
})

test('batches go out in order, one at a time, each after the one before has ended', async () => {
  const { clock, exporter, end } = setup({}, { kind: 'ok', delay: 30 })
  end(35)
  await clock.advance(200)
  expect(sizes(exporter)).toEqual([10, 10, 10, 5])
  expect(exporter.numbers).toEqual(Array.from({ length: 35 }, (_, i) => i))
  expect(exporter.log).toEqual(Array.from({ length: 4 }, () => ['export', 'answer']).flat())
})

test('exporting goes on after every way to fail, without a new span', async () => {
  const { clock, exporter, pipeline, end } = setup(
    {},
    { kind: 'fail' },
    { kind: 'throw' },
    { kind: 'reject' },
    { kind: 'never' },
    { kind: 'garbage' },
    { kind: 'ok' },
  )
  end(60)
  await clock.advance(1000)
  expect(sizes(exporter)).toEqual([10, 10, 10, 10, 10, 10])
  expect(pipeline.stats()).toMatchObject({ exported: 10, queued: 0, inFlight: 0, failed: { export_failed: 40, timeout: 10 } })
})

test('a quiet loop leaves no timer behind', async () => {
  const { clock, end } = setup({})
  end(10)
  await clock.advance(1000)
  expect(clock.ownTimers).toBe(0)
})

test('a queue that is full drops and counts, and takes spans again once there is room', async () => {
  const { clock, exporter, pipeline, end } = setup({ maxQueueSize: 20 }, { kind: 'ok', delay: 100 })
  end(10)
  await clock.advance(10)
  end(25)
  expect(pipeline.stats()).toMatchObject({ ended: 35, queued: 20, inFlight: 10, dropped: { queue_full: 5 } })
  await clock.advance(1000)
  end(5)
  await clock.advance(1000)
  expect(pipeline.stats()).toMatchObject({ exported: 35, dropped: { queue_full: 5 } })
  expect(exporter.numbers.length).toBe(35)
})

test('a burst in one stretch fills the queue and one batch beside it, as with the stock processor', () => {
  const { pipeline, end } = setup({ maxQueueSize: 100 })
  end(500)
  expect(pipeline.stats()).toMatchObject({ queued: 110, dropped: { queue_full: 390 } })
})

test('a queue as small as a batch, or of one span, works', async () => {
  for (const size of [1, 2, 10]) {
    const { clock, exporter, end } = setup({ maxQueueSize: size, maxExportBatchSize: size, scheduledDelayMillis: 60_000 })
    for (let i = 0; i < 20; i++) {
      end(size)
      await clock.advance(5)
    }
    expect(exporter.numbers.length, `queue of ${size}`).toBe(20 * size)
  }
})

test('a delay of 0 exports as soon as the loop turns', async () => {
  const { clock, exporter, end } = setup({ scheduledDelayMillis: 0 })
  end(3)
  await clock.advance(3)
  expect(sizes(exporter)).toEqual([3])
})

test('a span that ends inside export is exported later, without nesting', async () => {
  const { clock, exporter, end } = setup({ maxExportBatchSize: 1 })
  let depth = 0
  let deepest = 0
  let fed = 0
  exporter.onExport = () => {
    deepest = Math.max(deepest, ++depth)
    if (fed++ < 50) end()
    depth--
  }
  end()
  await clock.advance(1000)
  expect(exporter.numbers.length).toBe(51)
  expect(deepest).toBe(1)
})

test('spans are not held back by a resource that never settles', async () => {
  const { clock, exporter, pipeline, end } = setup({ exportTimeoutMillis: 30_000 })
  end(20, { asyncAttributesPending: true, waitForAsyncAttributes: () => new Promise(() => {}) })
  await clock.advance(4999)
  expect(exporter.calls.length).toBe(0)
  await clock.advance(60)
  expect(pipeline.stats().exported).toBe(20)
})

test('an exporter that never answers costs a bounded number of spans for ten minutes of full load', async () => {
  const { clock, exporter, pipeline, end } = setup({}, { kind: 'never' })
  let most = 0
  for (let i = 0; i < 6000; i++) {
    end(200)
    await clock.advance(100)
    const { queued, inFlight } = pipeline.stats()
    most = Math.max(most, queued + inFlight)
    // Only the exporter holds what it was given; this one is made to let go, so that the test has room.
    exporter.calls.length = 0
  }
  // I5: the queue and one batch in flight.
  expect(most).toBeLessThanOrEqual(100 + 10)
  const { ended, dropped, failed, queued, inFlight } = pipeline.stats()
  expect(ended).toBe(1_200_000)
  expect(dropped.queue_full + (failed['timeout'] ?? 0) + queued + inFlight).toBe(ended)
})

test('an incremental exporter is given spans early and sent full batches', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ scheduledDelayMillis: 60_000 }, 3)
  end(25)
  await clock.advance(5)
  expect(exporter.sent.map((sent) => sent.numbers.length)).toEqual([10, 10])
  expect(pipeline.stats()).toMatchObject({ exported: 20, queued: 0, encoded: 5 })
  expect(exporter.log.filter((entry) => entry === 'add').length).toBe(25)
})

test('at most maxConcurrentBatches are in flight; the others wait encoded', async () => {
  const never = { answer: 'never' as const, delay: undefined }
  const { clock, exporter, pipeline, end } = setupIncremental({ exportTimeoutMillis: 60_000 }, 3, { send: [never] })
  end(90)
  await clock.advance(100)
  expect(exporter.sent.length).toBe(3)
  expect(pipeline.stats()).toMatchObject({ inFlight: 30, queued: 0, encoded: 60 })
  expect(exporter.log.filter((entry) => entry === 'add').length).toBe(90)
})

test('a burst in one stretch is staged inside onEnd, and nothing is sent there', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ maxQueueSize: 20 }, 4)
  exporter.captureStacks = true
  end(4000)
  expect(pipeline.stats()).toMatchObject({ ended: 4000, queued: 20, encoded: 3980, dropped: { queue_full: 0 } })
  expect(new Set(exporter.log)).toEqual(new Set(['openBatch', 'add', 'close']))
  await clock.advance(1000)
  expect(pipeline.stats().exported).toBe(4000)
  expect(exporter.numbers).toEqual(Array.from({ length: 4000 }, (_, i) => i))
})

test('an exporter without room stops staging: the ring fills, then spans are dropped and counted', async () => {
  const { clock, pipeline, end } = setupIncremental({ maxQueueSize: 20 }, 4, { open: ['no room, and never says when'] })
  end(50)
  expect(pipeline.stats()).toMatchObject({ queued: 20, dropped: { queue_full: 30 } })
  await clock.advance(1000)
  expect(pipeline.stats()).toMatchObject({ queued: 20 })
})

test('an exporter that had no room is asked again when it says so', async () => {
  const { clock, exporter, end } = setupIncremental({}, 4, { open: ['no room', 'batch'] })
  end(10)
  await clock.advance(2)
  expect(exporter.sent.length).toBe(0)
  await clock.advance(20)
  expect(exporter.sent.length).toBe(1)
})

test('the deadline of a batch is the hand-over plus the export time-out, and the signal is aborted when it is over', async () => {
  const never = { answer: 'never' as const, delay: undefined }
  const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { send: [never] })
  end(10)
  await clock.advance(2)
  const sent = exporter.sent[0]
  expect(sent?.deadline.at).toBe((sent?.startedAt ?? 0) + 200)
  // 50 ms of grace: such an exporter settles by itself.
  await clock.advance(249)
  expect(sent?.deadline.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(sent?.deadline.signal.aborted).toBe(true)
  expect(pipeline.stats().failed).toEqual({ timeout: 10 })
})

test.each([
  ['partly', { exported: 9, failed: { too_large: 1 } }],
  ['throw', { exported: 0, failed: { export_failed: 10 } }],
  ['reject', { exported: 0, failed: { export_failed: 10 } }],
  ['twice', { exported: 10, failed: {} }],
  ['too many', { exported: 0, failed: { unknown: 10 } }],
  ['negative', { exported: 0, failed: { unknown: 10 } }],
  ['null', { exported: 0, failed: { unknown: 10 } }],
  ['not a promise', { exported: 10, failed: {} }],
] as const)('a send that answers "%s" is booked once and in full', async (answer, expected) => {
  const { clock, pipeline, end } = setupIncremental({}, 1, { send: [{ answer, delay: undefined }] })
  end(10)
  await clock.advance(100)
  expect(pipeline.stats()).toMatchObject({ ...expected, queued: 0, inFlight: 0 })
})

test.each(['rejected', 'throw', 'junk'] as const)('an add that answers "%s" loses that span alone', async (lie) => {
  const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { add: ['added', lie, 'added'] })
  end(9)
  await clock.advance(100)
  expect(exporter.numbers).toEqual([0, 2, 3, 5, 6, 8])
  expect(pipeline.stats()).toMatchObject({ exported: 6, failed: { rejected: 3 }, queued: 0 })
})

test('an add that always answers "full" does not hang', async () => {
  const { clock, pipeline, end } = setupIncremental({}, 1, { add: ['full'] })
  end(30)
  await clock.advance(100)
  expect(pipeline.stats()).toMatchObject({ failed: {}, queued: 30 })
  await clock.advance(200)
  expect(pipeline.stats()).toMatchObject({ failed: { buffer_full: 1 }, queued: 29 })
  await clock.advance(30 * 400)
  expect(pipeline.stats()).toMatchObject({ failed: { buffer_full: 30 }, queued: 0 })
})

test('a span that stays behind after a full batch has gone is exported after the delay', async () => {
  const { clock, exporter, end } = setup({})
  end(10)
  await clock.advance(5)
  end(1)
  await clock.advance(70)
  expect(exporter.numbers.length).toBe(11)
})

test('a sleeping loop is woken by the span that fills the open batch', async () => {
  const { clock, exporter, end } = setupIncremental({ scheduledDelayMillis: 60_000 })
  end(15)
  await clock.advance(200)
  end(5)
  await clock.advance(5)
  expect(exporter.sent.map((sent) => sent.numbers.length)).toEqual([10, 10])
})

/** How many spans each turn of the loop that was put off has staged; a turn that staged none is left out. */
function countPerTurn({ clock, exporter }: ReturnType<typeof setupIncremental>): () => number[] {
  const perTurn: number[] = []
  exporter.onAdd = () => perTurn.push((perTurn.pop() ?? 0) + 1)
  const { soon } = clock
  clock.soon = (callback) =>
    soon.call(clock, () => {
      perTurn.push(0)
      callback()
    })
  return () => perTurn.filter((count) => count > 0)
}

test('a turn ends when its budget is used up, and the next goes on', async () => {
  const bundle = setupIncremental({ maxExportBatchSize: 100 })
  const { clock, pipeline, end } = bundle
  const perTurn = countPerTurn(bundle)
  end(80)
  // Every look at the clock takes 1 ms; a turn may last 0.5 × (1 + 7 × 0.8) = 3.3 ms at first, and looks every 8 spans.
  clock.creepMillis = 1
  const flush = pipeline.forceFlush()
  await clock.turn()
  clock.creepMillis = 0
  await clock.advance(10)
  await flush
  expect(perTurn()[0]).toBe(32)
  expect(perTurn().reduce((a, b) => a + b, 0)).toBe(80)
  expect(pipeline.stats().exported).toBe(80)
})

test('a turn moves what was there when it began: an exporter that ends spans while it encodes does not hold it', async () => {
  const bundle = setupIncremental({ scheduledDelayMillis: 60_000, maxQueueSize: 1000, maxExportBatchSize: 1000 })
  const { clock, exporter, pipeline, end } = bundle
  const perTurn = countPerTurn(bundle)
  const { onAdd } = exporter
  let fed = 0
  exporter.onAdd = () => {
    onAdd?.()
    if (fed++ < 400) end(1)
  }
  end(100)
  const flush = pipeline.forceFlush()
  await clock.advance(1000)
  await flush
  expect(perTurn()[0]).toBe(100)
})

test('an exporter that reports room while it says that there is none is not asked for ever', async () => {
  const { clock, exporter, end } = setupIncremental({})
  let opens = 0
  exporter.openBatch = (onRoom) => {
    opens++
    onRoom()
    return undefined
  }
  end(10)
  await clock.advance(1000)
  expect(opens).toBeLessThan(30)
})

test('an outcome whose getters throw is booked as unknown', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({})
  const outcome = Object.defineProperty({ failed: {} }, 'exported', {
    get() {
      throw new Error('no outcome')
    },
  })
  exporter.openBatch = () => ({
    spanCount: 0,
    byteLength: 0,
    add: () => 'added',
    send: () => Promise.resolve(outcome as { exported: number; failed: Record<string, number> }),
  })
  end(10)
  await clock.advance(100)
  expect(pipeline.stats()).toMatchObject({ failed: { unknown: 10 }, inFlight: 0 })
})

test('the end of a loss is reported although no span comes after the one that shows it', async () => {
  const lines = captureDiag()
  const { clock, end } = setup({}, { kind: 'fail' }, { kind: 'ok' })
  end(20)
  await clock.advance(6000)
  expect(lines.map((line) => /(no longer )?losing/.exec(line)?.[0])).toEqual(['losing', 'no longer losing'])
  expect(clock.ownTimers).toBe(0)
})

test('a full batch goes out although helping onEnd keeps the ring from filling', async () => {
  const { clock, exporter, end } = setup({ maxQueueSize: 100, maxExportBatchSize: 100, scheduledDelayMillis: 60_000 })
  end(195)
  await clock.advance(20)
  expect(sizes(exporter)[0]).toBe(100)
})

test('a span that finds no room in an empty batch waits in the queue, and is not refused', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ exportTimeoutMillis: 1000 }, 2, {
    // The first batch holds a span and is sent; in the second there is no room before the first has its outcome.
    add: ['added', 'full', 'full', 'full', 'full', 'added'],
    send: [{ answer: 'ok', delay: 300 }],
  })
  end(2)
  await clock.advance(250)
  expect(pipeline.stats()).toMatchObject({ failed: {}, queued: 1, inFlight: 1 })
  await clock.advance(1000)
  expect(exporter.numbers).toEqual([0, 1])
  expect(pipeline.stats()).toMatchObject({ exported: 2, failed: {} })
})

test('a span that is too large for any request is counted for that reason', async () => {
  const { clock, pipeline, end } = setupIncremental({}, 1, { add: ['added', 'too_large' as 'rejected'] })
  end(10)
  await clock.advance(100)
  expect(pipeline.stats()).toMatchObject({ exported: 5, failed: { too_large: 5 } })
})

test('while every slot is busy spans are still encoded in turns of the loop, and not left to onEnd', async () => {
  const never = { answer: 'never' as const, delay: undefined }
  const { clock, exporter, pipeline, end } = setupIncremental({ exportTimeoutMillis: 60_000 }, 1, { send: [never] })
  end(20)
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ inFlight: 10, encoded: 10 })
  exporter.captureStacks = true
  // As many as come between two looks never fill the queue of a hundred.
  for (let i = 0; i < 50; i++) {
    end(20)
    await clock.advance(4)
  }
  expect(pipeline.stats()).toMatchObject({ ended: 1020, dropped: { queue_full: 0 } })
  const insideOnEnd = exporter.stacks.filter(({ stack }) => stack.includes('admit'))
  expect(insideOnEnd.length).toBe(0)
})

test('a batch that could not be sent is not closed before it is full', async () => {
  const slow = { answer: 'ok' as const, delay: 150 }
  const { clock, exporter, end } = setupIncremental({}, 1, { send: [slow] })
  end(10)
  for (let i = 0; i < 7; i++) {
    await clock.advance(20)
    end(1)
  }
  await clock.advance(1000)
  expect(exporter.sent.map((sent) => sent.numbers.length)).toEqual([10, 7])
})

test('spans are added to batches while their resource is detected, and only sending waits', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ exportTimeoutMillis: 60_000 }, 4)
  let detected = (): void => {}
  const resource = {
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => new Promise<void>((resolve) => (detected = resolve)),
  }
  end(20_000, resource)
  expect(pipeline.stats()).toMatchObject({ ended: 20_000, dropped: { queue_full: 0 } })
  await clock.advance(1000)
  expect(exporter.sent.length).toBe(0)
  detected()
  await clock.advance(100)
  expect(pipeline.stats()).toMatchObject({ exported: 20_000, queued: 0, encoded: 0 })
  expect(exporter.numbers).toEqual(Array.from({ length: 20_000 }, (_, i) => i))
})

test('the wait for a resource begins with its first span, not when that is handed over', async () => {
  const { clock, exporter, end } = setup({ scheduledDelayMillis: 3000, exportTimeoutMillis: 60_000 })
  end(1, { asyncAttributesPending: true, waitForAsyncAttributes: () => new Promise(() => {}) })
  await clock.advance(4999)
  expect(sizes(exporter)).toEqual([])
  await clock.advance(1)
  expect(sizes(exporter)).toEqual([1])
})

test('an exporter that never answers is asked ever more seldom', async () => {
  const { clock, exporter, end } = setup({ exportTimeoutMillis: 50, maxQueueSize: 1000 }, { kind: 'never' })
  for (let i = 0; i < 400; i++) {
    end(10)
    await clock.advance(10)
  }
  expect(exporter.calls.length).toBeGreaterThanOrEqual(6)
  expect(exporter.calls.length).toBeLessThanOrEqual(8)
})

test('a flush that was aborted no longer makes an exporter that never answers be asked without a pause', async () => {
  const { clock, exporter, pipeline, end } = setup({ exportTimeoutMillis: 50, maxQueueSize: 1000 }, { kind: 'never' })
  end(500)
  // It would be done once every one of these spans has left, in fifty exports.
  pipeline.forceFlush({ timeoutMillis: 0, signal: AbortSignal.abort() }).catch(() => {})
  await clock.advance(4000)
  expect(exporter.calls.length).toBeLessThanOrEqual(8)
})

describe('timers that are dropped with the request in which they were set', () => {
  test('do not keep a later flush from going on', async () => {
    const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'ok', delay: 5 })
    end(3)
    await clock.advance(1)
    clock.dropEverything()
    end(25)
    const first = watch(pipeline.forceFlush())
    await clock.advance(20)
    expect(first).toMatchObject({ state: 'fulfilled' })
    // One whose export dies, and the turn that was asked for.
    end(3)
    void pipeline.forceFlush()
    clock.dropEverything()
    end(25)
    const second = watch(pipeline.forceFlush({ timeoutMillis: 1000 }))
    await clock.advance(1000)
    expect(second).toMatchObject({ state: 'rejected', error: new Error('3 of 3 spans failed: timeout') })
    expect(exporter.numbers).toEqual(Array.from({ length: 56 }, (_, i) => i))
  })

  test('do not hold an export for ever, nor its place', async () => {
    const { clock, pipeline, end, watch } = setup({}, { kind: 'never' }, { kind: 'ok' })
    end(10)
    void pipeline.forceFlush()
    await clock.turn()
    clock.dropEverything()
    end(10)
    const flushed = watch(pipeline.forceFlush({ timeoutMillis: 1000 }))
    await clock.advance(290)
    expect(pipeline.stats()).toMatchObject({ inFlight: 10, failed: {} })
    await clock.advance(200)
    expect(flushed.state).not.toBe('pending')
    expect(pipeline.stats()).toMatchObject({ exported: 10, inFlight: 0, failed: { timeout: 10 }, abandonedExports: 1 })
  })
})

describe('an export whose timer is gone, long after its deadline', () => {
  const overdue = async () => {
    const set = setupManual({ exportTimeoutMillis: 200 })
    set.end(10)
    void set.pipeline.forceFlush()
    await set.clock.turn()
    set.clock.dropEverything()
    set.clock.stall(60_000)
    return set
  }

  test('is given up only after I/O had one more chance: an answer that is there is taken', async () => {
    const { clock, exporter, pipeline } = await overdue()
    void pipeline.forceFlush()
    expect(pipeline.stats()).toMatchObject({ inFlight: 10, failed: {} })
    exporter.sent[0]?.answer()
    await clock.turn()
    expect(pipeline.stats()).toMatchObject({ exported: 10, failed: {} })
  })

  test('is given up at once where nothing may run later', async () => {
    const { pipeline } = await overdue()
    pipeline.drainNow()
    expect(pipeline.stats()).toMatchObject({ inFlight: 0, failed: { timeout: 10 } })
  })
})

test('an answer that comes after a long stall is taken, however late the turn that finds it', async () => {
  const { clock, pipeline, end } = setup({}, { kind: 'ok', delay: 150 })
  end(10)
  await clock.advance(10)
  clock.stall(5000)
  // A new span wakes the loop while the answer still lies in the socket.
  end(10)
  clock.later(() => {}, 0)
  await clock.advance(200)
  expect(pipeline.stats()).toMatchObject({ exported: 20, failed: {} })
})

test('after a burst larger than the queue the next turn comes as soon as under load', async () => {
  const { clock, exporter, pipeline, end } = setup({})
  end(200)
  for (let i = 0; i < 50; i++) {
    await clock.advance(1)
    end(1)
  }
  expect((exporter.calls[0]?.startedAt ?? Infinity) - 1000).toBeLessThanOrEqual(2)
  expect(pipeline.stats().dropped.queue_full).toBeLessThanOrEqual(91)
})

test('a batch that waits for its resource does not keep the loop awake, and those behind it are filled', async () => {
  const { clock, exporter, pipeline, end } = setupManual({ exportTimeoutMillis: 30_000 })
  const { resource, know } = pendingResource()
  end(10, resource)
  await clock.advance(10)
  let looks = 0
  const now = clock.now.bind(clock)
  clock.now = () => {
    if (++looks > 1000) throw new Error('the loop spins')
    return now()
  }
  await clock.advance(200)
  for (let i = 0; i < 10; i++) {
    end(1)
    void pipeline.forceFlush()
    await clock.advance(1)
  }
  know()
  await clock.advance(10)
  expect(exporter.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10])
})

test('a resource is waited for from its first span on, also where the loop slept when that ended', async () => {
  const { clock, exporter, end } = setupManual({ scheduledDelayMillis: 5000, exportTimeoutMillis: 30_000 })
  const startedAt = clock.now()
  end(1, {})
  await clock.advance(10)
  end(1, pendingResource().resource)
  await clock.advance(20_000)
  // Five seconds from the first span, but at least one from the look at it.
  expect(exporter.sent.map(({ at }) => at - startedAt)).toEqual([6000])
})

test('a span that has waited for a slot longer than the delay goes as soon as one is free', async () => {
  const { clock, exporter, end } = setupManual({ scheduledDelayMillis: 1000, exportTimeoutMillis: 30_000 })
  end(40)
  await clock.advance(10)
  end(10)
  await clock.advance(10)
  end(1)
  await clock.advance(5000)
  exporter.sent[0]?.answer()
  await clock.advance(1)
  exporter.sent[1]?.answer()
  await clock.advance(1)
  expect(exporter.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10, 10, 10, 10, 1])
})

test('the time for which a span finds no room is its own, and has a bound without an export time-out', async () => {
  const { clock, exporter, pipeline, end } = setupManual({ exportTimeoutMillis: Infinity })
  const verdicts = ['full', 'rejected', 'full'] as const
  let calls = 0
  exporter.onAdd = () => verdicts[calls++] ?? 'added'
  end(1)
  await clock.advance(60_000)
  end(1)
  await clock.advance(1000)
  expect(pipeline.stats()).toMatchObject({ failed: { rejected: 1 }, inFlight: 1 })
  exporter.sent[0]?.answer()
  exporter.onAdd = (span) => (numbersOf([span])[0] === 2 ? 'full' : 'added')
  end(10)
  await clock.advance(31_000)
  expect(pipeline.stats()).toMatchObject({ failed: { rejected: 1, buffer_full: 1 }, inFlight: 9 })
})

test('a page that is hidden again and again while a resource is detected holds no more spans than there is room for', async () => {
  const { pipeline, end } = setup({ exportTimeoutMillis: 30_000 })
  const { resource } = pendingResource()
  for (let i = 0; i < 10; i++) {
    end(100, resource)
    pipeline.drainNow()
  }
  expect(pipeline.stats()).toMatchObject({ ended: 1000, queued: 110, queueCapacity: 110 })
})

test('batches of one kind keep their limit although export was replaced, also when a page is hidden', async () => {
  const { clock, exporter, pipeline, end } = setupManual({ exportTimeoutMillis: 30_000 })
  end(90)
  await clock.advance(5)
  const given: number[] = []
  exporter.export = (spans) => void given.push(...numbersOf(spans))
  end(10)
  pipeline.drainNow()
  expect(exporter.sent.length).toBe(4)
  expect(given).toEqual([])
  const { queued, queueCapacity } = pipeline.stats()
  expect(queued).toBeLessThanOrEqual(queueCapacity)
})

test('spans that are staged after export was replaced go through it, whatever batch is open', async () => {
  const { clock, exporter, end } = setupManual({ scheduledDelayMillis: 5000, exportTimeoutMillis: 30_000 })
  exporter.onAdd = (span) => (numbersOf([span])[0] === 0 ? 'too_large' : 'added')
  end(1)
  await clock.advance(6000)
  const given: number[] = []
  exporter.export = (spans, callback) => {
    given.push(...numbersOf(spans))
    callback({ code: 0 })
  }
  end(5)
  await clock.advance(6000)
  expect(given).toEqual([1, 2, 3, 4, 5])
  expect(exporter.sent).toEqual([])
})

test('spans that are staged inside onEnd after export was replaced go through it, too', async () => {
  const { clock, exporter, end } = setupManual({ maxQueueSize: 20, exportTimeoutMillis: 30_000 })
  end(15)
  await clock.advance(10)
  const given: number[] = []
  exporter.export = (spans, callback) => {
    given.push(...numbersOf(spans))
    callback({ code: 0 })
  }
  // More than the queue holds, so that the rest of the open batch would be filled at once.
  end(50)
  await clock.advance(1000)
  expect(exporter.sent.flatMap(({ numbers }) => numbers)).toEqual(Array.from({ length: 15 }, (_, i) => i))
  expect(given.every((number) => number >= 15)).toBe(true)
  expect(given.length).toBe(30)
})

test('a page that is hidden while every slot is busy holds one array, and none overlaps afterwards', async () => {
  const { clock, exporter, pipeline, end } = setupManual({ exportTimeoutMillis: 30_000 })
  end(80)
  await clock.advance(5)
  let live = 0
  let most = 0
  exporter.export = (_spans, callback) => {
    most = Math.max(most, ++live)
    clock.later(() => {
      live--
      callback({ code: 0 })
    }, 20)
  }
  for (let i = 0; i < 3; i++) {
    end(100)
    pipeline.drainNow()
    const { queued, queueCapacity } = pipeline.stats()
    expect(queued).toBeLessThanOrEqual(queueCapacity)
  }
  for (const { answer } of exporter.sent) answer()
  await clock.advance(5)
  for (const { answer } of exporter.sent) answer()
  await clock.advance(5000)
  expect(most).toBe(1)
})

test('an exporter that cannot open batches at all, as behind a Proxy, is given arrays', async () => {
  const { exporter: manual } = setupManual()
  const given: number[] = []
  Object.assign(manual, {
    openBatch: () => {
      throw new TypeError('Cannot read private member #budget')
    },
    export: (spans: ReadableSpan[], callback: (result: ExportResult) => void) => {
      given.push(...numbersOf(spans))
      callback({ code: 0 })
    },
  })
  const { clock, pipeline, end } = setupManual({}, manual)
  end(10)
  await clock.advance(100)
  expect(given).toEqual(Array.from({ length: 10 }, (_, i) => i))
  expect(pipeline.stats()).toMatchObject({ exported: 10, queued: 0 })
})

test('an exporter that has room again once a batch is sent, and says so inside send, is heard', async () => {
  const { clock, exporter, end } = setupManual({})
  let held = 0
  exporter.hasRoom = () => held++ < 1
  exporter.onSend = () => {
    held = 0
    exporter.onRoom()
  }
  end(40)
  await clock.advance(5)
  expect(exporter.sent.length).toBe(4)
})

test('an exporter that says that it has room although it has none does not keep the loop busy', async () => {
  const { clock, exporter, end } = setupManual({})
  let opens = 0
  exporter.hasRoom = () => {
    opens++
    void Promise.resolve().then(() => exporter.onRoom())
    return false
  }
  end(40)
  await clock.advance(1000)
  expect(opens).toBeLessThanOrEqual(1000)
})

describe('every batch is closed once, before it is sent', () => {
  test.each([
    ['when it is full', 10, 5],
    ['when it is due', 3, 50],
  ])('%s', async (_when, count, millis) => {
    const { clock, exporter, end } = setupIncremental({})
    end(count)
    await clock.advance(millis)
    expect(exporter.sent.map(({ closedTimes }) => closedTimes)).toEqual([1])
    expect(exporter.openBatches).toBe(0)
  })

  test('when it is flushed', async () => {
    const { clock, exporter, pipeline, end } = setupIncremental({})
    end(3)
    const flushed = pipeline.forceFlush()
    await clock.advance(0)
    await flushed
    expect(exporter.sent.map(({ closedTimes }) => closedTimes)).toEqual([1])
  })

  test('also while every slot is busy: what waits is closed', async () => {
    const { clock, exporter, end } = setupIncremental({}, 1, { send: [{ answer: 'never', delay: undefined }] })
    end(35)
    await clock.advance(5)
    expect(exporter.log.filter((what) => what === 'close').length).toBe(3)
    expect(exporter.openBatches).toBe(1)
  })

  test('an empty one that is given up because export was replaced, too', async () => {
    const { clock, exporter, end } = setupIncremental({}, 1, { add: ['rejected', 'added'] })
    end()
    await clock.advance(50)
    expect(exporter.openBatches).toBe(1)
    exporter.export = () => {}
    end()
    await clock.advance(50)
    expect(exporter.openBatches).toBe(0)
  })

  test.each(['throws', 'rejects'] as const)('a close that %s loses nothing, and harms nobody', async (closeFails) => {
    const { clock, exporter, pipeline, end } = setupIncremental({})
    exporter.closeFails = closeFails
    end(25)
    await clock.advance(100)
    expect(exporter.numbers.length).toBe(25)
    expect(pipeline.stats()).toMatchObject({ exported: 25, failed: {} })
  })
})
