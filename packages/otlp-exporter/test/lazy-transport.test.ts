// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { getEventListeners } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, createContextKey } from '@opentelemetry/api'
import { FakeClock, settlePromises } from '@spanring/test-kit/clock'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, onTestFinished, test, vi } from 'vitest'
import { resolveOptions } from '../src/config/settings.js'
import { LazyTransport } from '../src/lazy-transport.js'
import type { BatchOutcome } from '../src/span-batch.js'
import type { FinishedExport } from '../src/transport/transport-hooks.js'
import { Transport } from '../src/transport/transport.js'
import { PlainBatch } from './transport/plain-batch.js'

/** The key that `@opentelemetry/core` has. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

type Loaded = Pick<typeof import('../src/transport/transport.js'), 'Transport'>

/** A transport whose code is loaded when the test calls `load`; until then, as long as the test lets it take. */
function setup({ url = 'http://127.0.0.1:9/v1/traces', timeoutMillis = 1000, headers = {} } = {}) {
  const clock = new FakeClock()
  const starts: number[] = []
  const finished: FinishedExport[] = []
  const hooks = {
    onStart: (spanCount: number) => void starts.push(spanCount),
    onEnd: (end: FinishedExport) => void finished.push(end),
  }
  let load = (): void => {}
  let fail = (_error: unknown): void => {}
  const loading = new Promise<Loaded>((resolve, reject) => {
    load = () => resolve({ Transport })
    fail = reject
  })
  const settings = resolveOptions({ url, timeoutMillis, headers }, {})
  const transport = new LazyTransport(settings, hooks, { clock, load: () => loading })
  onTestFinished(() => transport.shutdown({ at: clock.now() }))
  const signal = new AbortController()
  const send = (spanCount: number, millis = Infinity): Promise<BatchOutcome> => {
    const deadline = { at: clock.now() + millis, signal: signal.signal, closing: new AbortController().signal }
    return transport.sendBatch(new PlainBatch(spanCount), deadline)
  }
  const shutdown = (millis = 1000): Promise<void> => transport.shutdown({ at: clock.now() + millis })
  return { clock, starts, finished, load, fail, signal, send, shutdown }
}

test('batches handed over before the load are sent after it, in order, and their time runs from the hand-over', async () => {
  const sink = await setupSink()
  const { clock, starts, finished, load, send } = setup({ url: sink.url })
  const sent = [send(1), send(2)]
  expect(starts).toEqual([1, 2])
  await clock.advance(40)
  load()
  expect(await Promise.all(sent)).toEqual([
    { exported: 1, failed: {} },
    { exported: 2, failed: {} },
  ])
  expect(await send(3)).toEqual({ exported: 3, failed: {} })
  expect(starts).toEqual([1, 2, 3])
  expect(finished).toHaveLength(3)
  expect(finished[0]).toMatchObject({ durationMillis: 40, attemptCount: 1 })
  expect((await sink.stats()).delivered).toBe(6)
  expect(clock.ownTimers).toBe(0)
})

test('once it is loaded, the transport is called directly: no wait, no second count', async () => {
  const { starts, load, send } = setup()
  load()
  await settlePromises()
  const sent = Promise.resolve({ exported: 2, failed: {} })
  const original = Transport.prototype.sendBatch
  Transport.prototype.sendBatch = () => sent
  onTestFinished(() => void (Transport.prototype.sendBatch = original))
  expect(send(2)).toBe(sent)
  expect(starts).toEqual([])
})

test.each([
  ['the time of its caller is over', 'timeout', 100],
  ['timeoutMillis is over', 'timeout', Infinity],
  ['its caller no longer waits', 'aborted', Infinity],
])('a batch waits for the load until %s', async (_when, reason, millis) => {
  const { clock, finished, signal, send } = setup()
  const sent = send(3, millis)
  expect(clock.keepAliveTimers).toBe(1)
  if (reason === 'aborted') signal.abort()
  else await clock.advance(Math.min(millis, 1000))
  const outcome = await sent
  expect(outcome).toMatchObject({ exported: 0, failed: { [reason]: 3 }, error: { code: reason } })
  expect(String(outcome.error)).toContain('not loaded in time')
  expect(finished).toEqual([expect.objectContaining({ spanCount: 3, attemptCount: 0, errorType: reason })])
  expect(clock.ownTimers).toBe(0)
  expect(getEventListeners(signal.signal, 'abort')).toEqual([])
})

test('many batches that wait with the signal of one pipeline cause no warning about a leak', async () => {
  const warnings: unknown[] = []
  const note = (warning: unknown): void => void warnings.push(warning)
  process.on('warning', note)
  onTestFinished(() => void process.off('warning', note))
  const { signal, send } = setup()
  const sent = Array.from({ length: 20 }, () => send(1))
  signal.abort()
  await Promise.all(sent)
  await settlePromises()
  expect(warnings).toEqual([])
})

test('what was handed over before the shutdown is sent when the load ends in time, and nothing after it', async () => {
  const sink = await setupSink()
  const { load, send, shutdown } = setup({ url: sink.url })
  const sent = [send(1), send(2)]
  const ended = shutdown()
  expect(shutdown()).toBe(ended)
  const late = await send(4)
  expect(late).toMatchObject({ exported: 0, failed: { already_shutdown: 4 } })
  load()
  await ended
  expect(await Promise.all(sent)).toMatchObject([{ exported: 1 }, { exported: 2 }])
  expect(await send(4)).toMatchObject({ failed: { already_shutdown: 4 } })
  expect((await sink.stats()).delivered).toBe(3)
})

test('a shutdown waits for the load no longer than its bound, and what waits then has its outcome', async () => {
  const { clock, finished, send, shutdown } = setup()
  const sent = send(5)
  const ended = shutdown(200)
  expect(clock.keepAliveTimers).toBe(2)
  await clock.advance(200)
  await ended
  expect(finished).toEqual([expect.objectContaining({ spanCount: 5, errorType: 'shutdown' })])
  expect(await sent).toMatchObject({ exported: 0, failed: { shutdown: 5 } })
  expect(clock.ownTimers).toBe(0)
})

test('a shutdown with nothing to send does not wait for the load, and no transport is made after it', async () => {
  const { clock, load, send, shutdown } = setup()
  await shutdown()
  load()
  await settlePromises()
  expect(clock.ownTimers).toBe(0)
  expect(await send(1)).toMatchObject({ failed: { already_shutdown: 1 } })
})

test('a load that fails is warned about once, without secrets, and fails every batch', async () => {
  const lines = captureDiag()
  const { fail, finished, send, shutdown } = setup({ headers: { 'x-key': 'very-secret' } })
  const before = send(2)
  fail(new Error('no file for very-secret'))
  const outcomes = [await before, await send(3)]
  expect(outcomes).toMatchObject([{ failed: { internal: 2 } }, { failed: { internal: 3 } }])
  expect(String(outcomes[1]?.error)).toContain('the code that sends spans could not be loaded (Error: no file for …)')
  expect(lines).toEqual([expect.stringMatching(/^OTLPTraceExporter: no span can be sent .*no file for ….*counts as internal$/)])
  expect(finished.map(({ errorType }) => errorType)).toEqual(['internal', 'internal'])
  await shutdown()
})

test('a load that throws does not reach the constructor', async () => {
  const lines = captureDiag()
  const load = (): never => {
    throw new Error('no modules here')
  }
  const transport = new LazyTransport(resolveOptions({}, {}), {}, { load })
  await settlePromises()
  expect(lines).toEqual([expect.stringContaining('no modules here')])
  await transport.shutdown({ at: performance.now() })
})

test('the transport is made in the asynchronous context of the constructor, and its files are read without tracing', async () => {
  const storage = new AsyncLocalStorage<string>()
  const stores: unknown[] = []
  class Watched extends Transport {
    constructor(...args: ConstructorParameters<typeof Transport>) {
      super(...args)
      stores.push(storage.getStore())
    }
  }
  const enter = vi.spyOn(context, 'with')
  onTestFinished(() => enter.mockRestore())
  const suppressed: unknown[] = []
  const load = async (): Promise<Loaded> => {
    suppressed.push(enter.mock.lastCall?.[0].getValue(SUPPRESS_TRACING))
    return { Transport: Watched }
  }
  const transport = storage.run('constructor', () => new LazyTransport(resolveOptions({}, {}), {}, { load }))
  await storage.run('other', settlePromises)
  expect(stores).toEqual(['constructor'])
  expect(suppressed).toEqual([true])
  await transport.shutdown({ at: performance.now() })
})

test.each([true, false])('in the exit event, what waits for the code is put on disk if the code can be loaded: %s', (canLoad) => {
  const directory = mkdtempSync(join(tmpdir(), 'spanring-lazy-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const settings = resolveOptions({ url: 'http://127.0.0.1:9/v1/traces', spool: { directory } }, {})
  const loadNow = (): Loaded => {
    if (!canLoad) throw new Error('no such file')
    return { Transport }
  }
  const transport = new LazyTransport(settings, {}, { clock: new FakeClock(), load: () => new Promise(() => {}), loadNow })
  const outcomes: unknown[] = []
  const never = new AbortController().signal
  const deadline = {
    at: Infinity,
    signal: never,
    closing: never,
    onOutcome: ({ stored }: BatchOutcome) => void outcomes.push({ stored }),
    onStoredOutcome: ({ kept }: { kept?: number | undefined }) => void outcomes.push({ kept }),
  }
  void transport.sendBatch(new PlainBatch(3), deadline)
  // A batch, and the request that it has become: each makes room for another batch.
  expect(transport.keepNow()).toBe(canLoad ? 2 : 0)
  expect(transport.keepNow()).toBe(0)
  expect(outcomes).toEqual(canLoad ? [{ stored: 3 }, { kept: 3 }] : [])
})
