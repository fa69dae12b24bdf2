// SPDX-License-Identifier: Apache-2.0
import { afterEach, expect, test, vi } from 'vitest'
import { setup, setupIncremental, setupManual } from './setup-pipeline.js'
import { createSpan } from './span.js'

const unhandled = vi.fn()
process.on('unhandledRejection', unhandled)
afterEach(() => {
  expect(unhandled).not.toHaveBeenCalled()
})

test('a flush exports what is queued and then flushes the exporter', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 }, { kind: 'ok', delay: 10 })
  end(25)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(29)
  expect(flush.state).toBe('pending')
  await clock.advance(1)
  expect(flush).toMatchObject({ state: 'fulfilled' })
  expect(exporter.calls.map((call) => call.numbers.length)).toEqual([10, 10, 5])
  expect(exporter.log.slice(-2)).toEqual(['answer', 'forceFlush'])
})

test('a flush waits for an export that is in flight', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'ok', delay: 100 })
  end(10)
  await clock.advance(10)
  expect(exporter.calls.length).toBe(1)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(80)
  expect(flush.state).toBe('pending')
  await clock.advance(20)
  expect(flush.state).toBe('fulfilled')
})

test('a flush does not wait for spans that end after it, under constant load', async () => {
  const { clock, pipeline, end, watch } = setup({ maxExportBatchSize: 50 }, { kind: 'ok', delay: 50 })
  end(30)
  const flush = watch(pipeline.forceFlush())
  for (let i = 0; i < 150 && flush.state === 'pending'; i++) {
    end()
    await clock.advance(1)
  }
  expect(flush.state).toBe('fulfilled')
  expect(flush.after).toBeLessThanOrEqual(2 * 50 + 5)
})

test('a flush with nothing to do still flushes the exporter', async () => {
  const { clock, exporter, pipeline, watch } = setup({})
  const flush = watch(pipeline.forceFlush())
  await clock.turn()
  expect(flush.state).toBe('fulfilled')
  expect(exporter.log).toEqual(['forceFlush'])
})

test('a flush tries every batch and rejects with the first error', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'fail' }, { kind: 'throw' }, { kind: 'ok' })
  end(30)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(10)
  expect(flush).toMatchObject({ state: 'rejected', error: new Error('backend says no') })
  expect(exporter.numbers.length).toBe(30)
  expect(exporter.log.at(-1)).toBe('forceFlush')
})

test('a flush that runs out of time says what is left and keeps it queued', async () => {
  const { clock, pipeline, end, watch } = setup({ exportTimeoutMillis: 10_000 }, { kind: 'ok', delay: 100 })
  end(25)
  const flush = watch(pipeline.forceFlush({ timeoutMillis: 40 }))
  await clock.advance(40)
  expect(flush.after).toBe(40)
  expect(flush.error).toEqual(new Error('forceFlush has not ended within 40 ms; 15 queued, 10 in flight'))
  await clock.advance(1000)
  expect(pipeline.stats().exported).toBe(25)
})

test('by default a flush ends after the export time-out', async () => {
  const { clock, pipeline, end, watch } = setup({}, { kind: 'never' })
  end(1)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(200)
  expect(flush).toMatchObject({ state: 'rejected', after: 200 })
})

test('an aborted flush rejects with the reason and loses nothing; other flushes go on', async () => {
  const { clock, pipeline, end, watch } = setup({}, { kind: 'ok', delay: 100 })
  end(10)
  const controller = new AbortController()
  const aborted = watch(pipeline.forceFlush({ signal: controller.signal }))
  const other = watch(pipeline.forceFlush())
  await clock.advance(10)
  controller.abort(new Error('caller left'))
  await clock.turn()
  expect(aborted).toMatchObject({ state: 'rejected', error: new Error('caller left') })
  await clock.advance(100)
  expect(other.state).toBe('fulfilled')
  expect(pipeline.stats().exported).toBe(10)
})

test('a signal that is aborted already rejects at once, 500 times, and leaves no timer', async () => {
  const { clock, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 }, { kind: 'never' })
  end(1)
  const signal = AbortSignal.abort('no')
  const flushes = Array.from({ length: 500 }, () => watch(pipeline.forceFlush({ signal })))
  await clock.turn()
  for (const flush of flushes) expect(flush).toMatchObject({ state: 'rejected', error: 'no', after: 0 })
  expect(clock.keepAliveTimers).toBe(0)
})

test('a process that awaits a flush stays alive; one that does not, does not', async () => {
  const { clock, pipeline, end, watch } = setup({}, { kind: 'ok', delay: 100 })
  end(10)
  await clock.advance(5)
  expect(clock.keepAliveTimers).toBe(0)
  const flush = watch(pipeline.forceFlush())
  await clock.turn()
  expect(clock.keepAliveTimers).toBe(1)
  await clock.advance(200)
  expect(flush.state).toBe('fulfilled')
  expect(clock.keepAliveTimers).toBe(0)
})

test.each([
  ['never', /^forceFlush of the exporter has not ended/],
  ['throw', /^forceFlush throws/],
  ['reject', /^forceFlush rejects/],
] as const)('an exporter whose forceFlush does "%s" makes the flush reject by its bound', async (behaviour, message) => {
  const { clock, exporter, pipeline, end, watch } = setup({})
  exporter.onForceFlush = behaviour
  end(5)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(200)
  expect(flush.state).toBe('rejected')
  expect((flush.error as Error).message).toMatch(message)
})

test('a rejected span makes the flush that covers it reject', async () => {
  const { clock, pipeline, end, watch } = setupIncremental({}, 1, { add: ['added', 'rejected'] })
  end(2)
  const flush = watch(pipeline.forceFlush())
  await clock.advance(10)
  expect(flush).toMatchObject({ state: 'rejected', error: new Error('exporter rejected a span (rejected)') })
})

test('1000 flushes on an exporter that hangs start one export and settle by their bound', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'never' })
  const flushes = Array.from({ length: 1000 }, () => {
    end()
    return watch(pipeline.forceFlush())
  })
  await clock.advance(100)
  expect(exporter.calls.length).toBe(1)
  await clock.advance(100)
  for (const flush of flushes) expect(flush.state).toBe('rejected')
})

test('a flush or a shutdown awaited inside export settles at once', async () => {
  for (const method of ['forceFlush', 'shutdown'] as const) {
    const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'ok', delay: 10 })
    const inside: { state: string }[] = []
    exporter.onExport = () => {
      if (inside.length === 0) inside.push(watch(pipeline[method]()))
    }
    end(15)
    const flush = watch(pipeline.forceFlush())
    await clock.turn()
    expect(inside).toMatchObject([{ state: 'fulfilled', after: 0 }])
    await clock.advance(100)
    expect(flush.state).toBe('fulfilled')
    expect(pipeline.stats().exported).toBe(15)
  }
})

test('shutdown drains, then flushes the exporter, then shuts it down, in this order', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 }, { kind: 'ok', delay: 50 })
  end(15)
  const shutdown = watch(pipeline.shutdown())
  await clock.advance(100)
  expect(shutdown.state).toBe('fulfilled')
  expect(exporter.log).toEqual(['export', 'answer', 'export', 'answer', 'forceFlush', 'shutdown'])
  expect(pipeline.stats()).toMatchObject({ exported: 15, queued: 0, inFlight: 0 })
  expect(clock.ownTimers).toBe(0)
})

test('spans that end after shutdown was called are counted and not exported', async () => {
  const { clock, exporter, pipeline, end } = setup({}, { kind: 'ok', delay: 50 })
  end(5)
  void pipeline.shutdown()
  end(1)
  await clock.advance(10)
  end(1)
  await clock.advance(1000)
  end(1)
  expect(pipeline.stats()).toMatchObject({ ended: 8, exported: 5, dropped: { already_shutdown: 3 } })
  expect(exporter.numbers).toEqual([0, 1, 2, 3, 4])
})

test('a second shutdown returns the same promise, and a flush then settles as that does', async () => {
  const { clock, exporter, pipeline, watch } = setup({})
  const first = pipeline.shutdown()
  expect(pipeline.shutdown({ timeoutMillis: 5 })).toBe(first)
  await clock.turn()
  expect(pipeline.shutdown()).toBe(first)
  const flush = watch(pipeline.forceFlush())
  await clock.turn()
  expect(flush.state).toBe('fulfilled')
  expect(exporter.log).toEqual(['forceFlush', 'shutdown'])
})

test('a shutdown that runs out of time counts what is left and still shuts the exporter down', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ exportTimeoutMillis: 60_000 }, { kind: 'never' })
  end(25)
  const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
  await clock.advance(1000)
  expect(shutdown.state).toBe('rejected')
  expect(shutdown.after).toBeLessThanOrEqual(1000)
  expect(exporter.log).toEqual(['export', 'forceFlush', 'shutdown'])
  expect(pipeline.stats()).toMatchObject({ queued: 0, inFlight: 0, failed: { shutdown: 10 }, dropped: { shutdown: 15 } })
  expect(clock.ownTimers).toBe(0)
})

test('every step of a shutdown runs and is bounded, whatever the steps before did', async () => {
  for (const onForceFlush of ['never', 'throw', 'reject'] as const) {
    for (const onShutdown of ['never', 'throw', 'reject', 'ok'] as const) {
      const { clock, exporter, pipeline, end, watch } = setup({}, { kind: 'fail' })
      Object.assign(exporter, { onForceFlush, onShutdown })
      end(5)
      const shutdown = watch(pipeline.shutdown({ timeoutMillis: 500 }))
      await clock.advance(500)
      expect(shutdown).toMatchObject({ state: 'rejected', error: new Error('backend says no') })
      expect(exporter.log.slice(-2)).toEqual(['forceFlush', 'shutdown'])
      expect(clock.ownTimers).toBe(0)
    }
  }
})

test('a shutdown without a given limit ends within shutdownTimeoutMillis, and its last steps within 5 s each', async () => {
  const never = { onForceFlush: 'never', onShutdown: 'never' }
  const hanging = setup({ exportTimeoutMillis: 60_000, shutdownTimeoutMillis: 20_000 }, { kind: 'never' })
  Object.assign(hanging.exporter, never)
  hanging.end(5)
  const shutdown = hanging.watch(hanging.pipeline.shutdown())
  await hanging.clock.advance(20_000)
  expect(shutdown).toMatchObject({ state: 'rejected', after: 20_000 })
  expect(hanging.exporter.log).toEqual(['export', 'forceFlush', 'shutdown'])

  const delivering = setup({ shutdownTimeoutMillis: 60_000 })
  Object.assign(delivering.exporter, never)
  delivering.end(5)
  const late = delivering.watch(delivering.pipeline.shutdown())
  await delivering.clock.advance(10_000)
  expect(late).toMatchObject({ state: 'rejected', after: 10_000 })
})

test('exports under way learn that the processor is closing, later ones too', async () => {
  const slow = { answer: 'ok' as const, delay: 100 }
  const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { send: [slow] })
  end(15)
  await clock.advance(5)
  expect(exporter.sent[0]?.deadline.closing.aborted).toBe(false)
  void pipeline.shutdown()
  await clock.advance(1000)
  expect(exporter.sent.map((sent) => sent.deadline.closing.aborted)).toEqual([true, true])
  expect(pipeline.stats().exported).toBe(15)
})

test('a shutdown that gives up leaves no timer of an incremental exporter that never settles', async () => {
  const never = { answer: 'never' as const, delay: undefined }
  const { clock, exporter, pipeline, end } = setupIncremental({ exportTimeoutMillis: 60_000 }, 2, { send: [never] })
  end(25)
  void pipeline.shutdown({ timeoutMillis: 100 })
  await clock.advance(100)
  expect(exporter.sent.map((sent) => sent.deadline.signal.aborted)).toEqual([true, true])
  expect(pipeline.stats()).toMatchObject({ failed: { shutdown: 20 }, dropped: { shutdown: 5 }, inFlight: 0 })
  expect(clock.ownTimers).toBe(0)
})

test('a flush that is waiting when shutdown gives up learns of the loss', async () => {
  const { clock, pipeline, end, watch } = setup({ exportTimeoutMillis: 60_000 }, { kind: 'never' })
  end(25)
  const flush = watch(pipeline.forceFlush())
  void pipeline.shutdown({ timeoutMillis: 100 })
  await clock.advance(100)
  expect(flush.state).toBe('rejected')
})

test('a resource that is still being detected holds shutdown up for part of its time and costs no span', async () => {
  const { clock, pipeline, end, watch } = setup({ exportTimeoutMillis: 60_000 })
  end(5, { asyncAttributesPending: true, waitForAsyncAttributes: () => new Promise(() => {}) })
  const shutdown = watch(pipeline.shutdown({ timeoutMillis: 1000 }))
  await clock.advance(1000)
  expect(shutdown).toMatchObject({ state: 'fulfilled', after: 400 })
  expect(pipeline.stats().exported).toBe(5)
})

test('an exporter without forceFlush is fine', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({})
  Object.assign(exporter, { forceFlush: undefined })
  end(5)
  const flush = watch(pipeline.forceFlush())
  const shutdown = watch(pipeline.shutdown())
  await clock.advance(10)
  expect([flush.state, shutdown.state]).toEqual(['fulfilled', 'fulfilled'])
})

test('each step of a shutdown begins when the share of the one before is over', async () => {
  const { clock, exporter, pipeline, end } = setup({ exportTimeoutMillis: 60_000 }, { kind: 'never' })
  Object.assign(exporter, { onForceFlush: 'never', onShutdown: 'never' })
  end(5)
  void pipeline.shutdown({ timeoutMillis: 1000 })
  const steps: string[][] = []
  for (const millis of [799, 1, 99, 1]) {
    await clock.advance(millis)
    steps.push(exporter.log.filter((entry) => entry !== 'export'))
  }
  expect(steps).toEqual([[], ['forceFlush'], ['forceFlush'], ['forceFlush', 'shutdown']])
})

test('a process that awaits a shutdown stays alive', async () => {
  const { clock, pipeline, end } = setup({}, { kind: 'never' })
  end(5)
  void pipeline.shutdown({ timeoutMillis: 100 })
  await clock.advance(10)
  expect(clock.keepAliveTimers).toBe(1)
  await clock.advance(100)
  expect(clock.keepAliveTimers).toBe(0)
})

test('a flush during a shutdown keeps its own bounds', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ exportTimeoutMillis: 60_000 }, { kind: 'never' })
  exporter.onShutdown = 'never'
  end(5)
  void pipeline.shutdown({ timeoutMillis: 0 })
  await clock.advance(10)
  const short = watch(pipeline.forceFlush({ timeoutMillis: 100 }))
  const aborted = watch(pipeline.forceFlush({ signal: AbortSignal.abort('enough') }))
  await clock.advance(100)
  expect(short).toMatchObject({ state: 'rejected', after: 100 })
  expect(aborted).toMatchObject({ state: 'rejected', error: 'enough' })
})

test('a flush that waits for the exporter ends with the shutdown and holds the process no longer', async () => {
  const { clock, exporter, pipeline, watch } = setup({ exportTimeoutMillis: 60_000 })
  exporter.onForceFlush = 'never'
  const flush = watch(pipeline.forceFlush())
  await clock.advance(10)
  exporter.onForceFlush = 'ok'
  void pipeline.shutdown()
  await clock.advance(10)
  expect(flush.state).toBe('rejected')
  expect(clock.ownTimers).toBe(0)
})

test('a flush of spans that found no room ends when shutdown gives up', async () => {
  const { clock, pipeline, end, watch } = setupIncremental({}, 1, { open: ['no room, and never says when'] })
  end(5)
  const flush = watch(pipeline.forceFlush({ timeoutMillis: 10_000 }))
  void pipeline.shutdown({ timeoutMillis: 100 })
  await clock.advance(100)
  expect(flush.state).toBe('rejected')
})

test('a flush from the context of an export that has ended is a real one', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 })
  let goOn = (): void => {}
  const later = new Promise<void>((resolve) => (goOn = resolve))
  let flush: ReturnType<typeof watch> | undefined
  exporter.onExport = () => {
    exporter.onExport = undefined
    void later.then(() => (flush = watch(pipeline.forceFlush())))
  }
  end(10)
  await clock.advance(10)
  end(5)
  goOn()
  await clock.advance(10)
  expect(flush?.state).toBe('fulfilled')
  expect(pipeline.stats().exported).toBe(15)
})

test('a flush inside an export still sends what is queued, without waiting for a full batch', async () => {
  const { clock, exporter, pipeline, end } = setup({ scheduledDelayMillis: 60_000 })
  exporter.onExport = () => {
    exporter.onExport = undefined
    void pipeline.forceFlush()
  }
  end(15)
  await clock.advance(10)
  expect(pipeline.stats().exported).toBe(15)
})

test('of two waits for one answer, whose bounds a stall has passed both, neither decides before I/O had its turn', async () => {
  const slow = { answer: 'never' as const, delay: undefined }
  const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { send: [slow] })
  let answer: ((outcome: { exported: number; failed: Record<string, number> }) => void) | undefined
  exporter.openBatch = () => ({
    spanCount: 0,
    byteLength: 0,
    add: () => 'added',
    // As our own exporter does: settles by itself at the deadline, after one more turn for I/O.
    send: ({ at }) =>
      new Promise((resolve) => {
        answer = resolve
        clock.startTimer(() => clock.soon(() => resolve({ exported: 0, failed: { timeout: 10 } })), at - clock.now())
      }),
  })
  end(10)
  await clock.advance(5)
  clock.stall(200 + 75)
  clock.soon(() => answer?.({ exported: 10, failed: {} }))
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ exported: 10, failed: {} })
})

test('a page that is hidden hands over what is queued before it may be frozen', () => {
  const { exporter, pipeline, end } = setup({ scheduledDelayMillis: 60_000 })
  end(5)
  pipeline.drainNow()
  expect(exporter.numbers).toEqual([0, 1, 2, 3, 4])
})

test('a page that is hidden hands over a queue of any size at once, beside an export that is under way', async () => {
  const { clock, exporter, pipeline, end } = setup({ scheduledDelayMillis: 60_000 }, { kind: 'ok', delay: 50 })
  end(10)
  await clock.advance(2)
  expect(exporter.calls.length).toBe(1)
  clock.creepMillis = 1
  end(95)
  pipeline.drainNow()
  clock.creepMillis = 0
  expect(exporter.numbers).toEqual(Array.from({ length: 105 }, (_, i) => i))
  expect(Math.max(...exporter.calls.map(({ numbers }) => numbers.length))).toBe(10)
  expect(exporter.unanswered.length).toBe(11)
  expect(pipeline.stats()).toMatchObject({ ended: 105, queued: 0, inFlight: 105 })

  // A page may come back; then there is one export at a time again.
  end(25)
  exporter.onExport = () => expect(exporter.unanswered).toEqual([])
  await clock.advance(40)
  expect(exporter.calls.length).toBe(11)
  await clock.advance(200)
  expect(pipeline.stats()).toMatchObject({ ended: 130, exported: 125, queued: 5, failed: {} })
  await Promise.all([pipeline.shutdown(), clock.advance(60)])
  expect(pipeline.stats()).toMatchObject({ ended: 130, exported: 130, queued: 0, inFlight: 0, failed: {} })
})

test('exports of a page that is hidden which never answer are given up like any other', async () => {
  const { clock, exporter, pipeline, end } = setup({}, { kind: 'never' })
  end(10)
  await clock.advance(2)
  end(20)
  pipeline.drainNow()
  end(10)
  await clock.advance(200)
  expect(pipeline.stats()).toMatchObject({ ended: 40, failed: { timeout: 30 }, abandonedExports: 3, inFlight: 10 })
  // Three that overlapped are one incident: the next begins at once.
  expect(exporter.calls.length).toBe(4)
})

test('a page that is hidden gives an incremental exporter all that it takes, within no budget of a turn', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ scheduledDelayMillis: 60_000 }, 3, {
    send: [{ answer: 'ok', delay: 50 }],
  })
  clock.creepMillis = 1
  end(45)
  pipeline.drainNow()
  clock.creepMillis = 0
  expect(exporter.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10, 10])
  expect(pipeline.stats()).toMatchObject({ ended: 45, queued: 0, encoded: 15, inFlight: 30 })
  await clock.advance(100)
  expect(exporter.numbers).toEqual(Array.from({ length: 45 }, (_, i) => i))
  expect(pipeline.stats()).toMatchObject({ exported: 45, queued: 0, inFlight: 0 })
})

test('many flushes that wait for the exporter at once make Node.js warn of no leak', async () => {
  const warned = vi.fn()
  process.on('warning', warned)
  const { clock, exporter, pipeline, watch } = setup({ exportTimeoutMillis: 1000 })
  exporter.onForceFlush = 'never'
  const flushes = Array.from({ length: 20 }, () => watch(pipeline.forceFlush()))
  await clock.advance(1000)
  for (const flush of flushes) expect(flush.state).toBe('rejected')
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', warned)
  expect(warned).not.toHaveBeenCalled()
})

test('a flush hands the first batch over before it returns, and the rest in turns of its own', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 })
  end(25)
  const flush = watch(pipeline.forceFlush())
  expect(exporter.numbers.length).toBe(10)
  await clock.turn()
  expect(exporter.numbers.length).toBe(25)
  expect(flush.state).toBe('fulfilled')
})

test('a shutdown hands the first batch over before it returns; a span that ends inside finds the door shut', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ scheduledDelayMillis: 60_000 })
  exporter.onExport = () => end(1)
  end(3)
  const shutdown = watch(pipeline.shutdown())
  expect(exporter.numbers.length).toBe(3)
  expect(pipeline.stats().dropped.already_shutdown).toBe(1)
  await clock.turn()
  expect(shutdown.state).toBe('fulfilled')
})

test('a flush that is asked for below onEnd calls neither export nor send there', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({ maxQueueSize: 20 }, 4)
  exporter.captureStacks = true
  exporter.onAdd = () => void pipeline.forceFlush()
  end(21)
  expect(exporter.log).toEqual(['openBatch', 'add', 'add'].slice(0, exporter.log.length))
  expect(exporter.stacks.filter(({ what, stack }) => what === 'send' && stack.includes('admit'))).toEqual([])
  await clock.advance(10)
  expect(exporter.numbers.length).toBe(21)
})

test('a shutdown by default delivers what takes longer than ten seconds', async () => {
  const { clock, pipeline, end, watch } = setup(
    { maxQueueSize: 2048, maxExportBatchSize: 512, exportTimeoutMillis: 30_000, shutdownTimeoutMillis: 30_000 },
    { kind: 'ok', delay: 3000 },
  )
  end(2000)
  const shutdown = watch(pipeline.shutdown())
  await clock.advance(12_000)
  expect(shutdown).toMatchObject({ state: 'fulfilled', after: 12_000 })
  expect(pipeline.stats()).toMatchObject({ exported: 2000 })
})

test('the drain of a shutdown has the whole bound but a second for each later step', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({ exportTimeoutMillis: 60_000 }, { kind: 'ok', delay: 27_999 })
  end(5)
  const shutdown = watch(pipeline.shutdown({ timeoutMillis: 30_000 }))
  await clock.advance(27_999)
  expect(shutdown.state).toBe('fulfilled')
  expect(exporter.log).toEqual(['export', 'answer', 'forceFlush', 'shutdown'])
})

test('a page that is hidden during a shutdown still gets its spans out', async () => {
  const { clock, exporter, pipeline, end } = setup({}, { kind: 'ok', delay: 1000 })
  end(35)
  void pipeline.shutdown()
  expect(exporter.numbers.length).toBe(10)
  pipeline.drainNow()
  expect(exporter.numbers.length).toBe(35)
  await clock.advance(1000)
  expect(pipeline.stats()).toMatchObject({ exported: 0, failed: { timeout: 35 } })
})

test('a flush rejects for a batch that timed out, whatever the exporter does when it hears that nobody waits', async () => {
  const { clock, exporter, pipeline, end, watch } = setupManual()
  exporter.onSend = ({ signal }) => signal.addEventListener('abort', () => exporter.onRoom())
  end(5)
  const flush = watch(pipeline.forceFlush({ timeoutMillis: 5000 }))
  await clock.advance(1000)
  expect(flush.state).toBe('rejected')
  expect(pipeline.stats().failed).toEqual({ timeout: 5 })

  end(5)
  const shutdown = watch(pipeline.shutdown({ timeoutMillis: 100 }))
  await clock.advance(1000)
  expect(shutdown.state).toBe('rejected')
})

test('a shutdown and a flush try an exporter that has not been answering without a pause', async () => {
  const hung = Array.from({ length: 7 }, () => ({ kind: 'never' as const }))
  for (const method of ['shutdown', 'forceFlush'] as const) {
    const { clock, exporter, pipeline, end, watch } = setup({ exportTimeoutMillis: 1000 }, ...hung, { kind: 'ok' })
    for (let i = 0; i < 40; i++) {
      end(1)
      await clock.advance(1000)
    }
    expect(exporter.calls.length).toBe(6)
    end(60)
    const ended = watch(pipeline[method]({ timeoutMillis: 30_000 }))
    await clock.advance(5000)
    expect(ended.state).toBe('rejected')
    expect(exporter.calls.length).toBeGreaterThanOrEqual(14)
    expect(pipeline.stats()).toMatchObject({ queued: 0, dropped: { shutdown: 0 } })
  }
})

test('flushes one after the other leave the event loop its turns', async () => {
  const { clock, pipeline, end } = setup({})
  let turns = 0
  const { soon } = clock
  clock.soon = (callback) => {
    turns++
    soon.call(clock, callback)
  }
  const flushes = (async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      end()
      await pipeline.forceFlush()
    }
  })()
  await clock.advance(1000)
  await flushes
  expect(turns).toBeGreaterThanOrEqual(50)
  expect(pipeline.stats().exported).toBe(100)
})

test('many flushes in one stretch hand over two batches, and not one each', async () => {
  const { clock, exporter, pipeline, end } = setup({ maxExportBatchSize: 100 })
  for (let i = 0; i < 100; i++) {
    end()
    void pipeline.forceFlush()
  }
  await clock.advance(10)
  expect(exporter.calls.map(({ numbers }) => numbers.length)).toEqual([1, 99])
})

test('a shutdown whose options cannot be read runs with the defaults', async () => {
  const { clock, exporter, pipeline, end, watch } = setup({})
  end(3)
  const options = Object.defineProperty({}, 'timeoutMillis', {
    get() {
      throw new Error('do not look')
    },
  })
  const shutdown = watch(pipeline.shutdown(options))
  await clock.advance(10)
  expect(shutdown.state).toBe('fulfilled')
  expect(exporter.log).toEqual(['export', 'answer', 'forceFlush', 'shutdown'])
})

test.each([
  [
    'throws',
    {
      get: () => {
        throw new Error('do not look')
      },
    },
  ],
  ['is a symbol', { value: Symbol('four') }],
  ['is zero', { value: 0 }],
])('an exporter whose maxConcurrentBatches %s sends one batch at a time', async (_what, descriptor) => {
  const { exporter: manual } = setupManual()
  Object.defineProperty(manual, 'maxConcurrentBatches', descriptor)
  const { clock, pipeline, end } = setupManual({}, manual)
  end(30)
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ inFlight: 10, encoded: 20 })
})

test('an exporter is handed as many batches more as it takes at that moment', async () => {
  const { exporter: manual } = setupManual()
  let extra = 2
  Object.defineProperty(manual, 'extraBatches', { value: () => extra })
  const { clock, pipeline, end } = setupManual({}, manual)
  end(100)
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ inFlight: 60, encoded: 40 })
  extra = 0
  for (let answered = 0; answered < 2; answered++) manual.sent[answered]?.answer()
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ inFlight: 40, encoded: 40, exported: 20 })
})

test.each([
  [
    'throws',
    () => {
      throw new Error('do not ask')
    },
  ],
  ['is not a function', 7],
  ['returns a text', () => 'many'],
  ['returns less than none', () => -3],
])('an exporter whose extraBatches %s is handed none more', async (_what, value) => {
  const { exporter: manual } = setupManual()
  Object.defineProperty(manual, 'extraBatches', { value })
  const { clock, pipeline, end } = setupManual({}, manual)
  end(100)
  await clock.advance(10)
  expect(pipeline.stats()).toMatchObject({ inFlight: 40, encoded: 60 })
})

test('a resource whose getter flushes has nothing exported below onEnd', async () => {
  const { clock, exporter, pipeline } = setup({})
  const span = createSpan(0)
  Object.defineProperty(span, 'resource', {
    get: () => {
      void pipeline.forceFlush()
      return {}
    },
  })
  pipeline.admit(span)
  expect(exporter.log).toEqual([])
  await clock.advance(1000)
  expect(pipeline.stats().exported).toBe(1)
})
