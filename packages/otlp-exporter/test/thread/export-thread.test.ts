// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from '@spanring/core'
import { FakeClock } from '@spanring/test-kit/clock'
import { captureDiag } from '@spanring/test-kit/diag'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import type { BatchTransport } from '../../src/batch-transport.js'
import { resolveOptions } from '../../src/config/settings.js'
import type { EncodedBatch } from '../../src/encode/encoded-batch.js'
import { TraceEncoder } from '../../src/encode/trace-encoder.js'
import { APPLICATION, type Slab } from '../../src/shared-memory/slab.js'
import type { BatchOutcome } from '../../src/span-batch.js'
import { ExportThread } from '../../src/thread/export-thread.js'
import { indexBytes } from '../../src/thread/slab-layout.js'
import { SlabMemory } from '../../src/thread/slab-memory.js'
import type { FinishedExport, TransportHooks } from '../../src/transport/transport-hooks.js'
import type { TransportSettings } from '../../src/transport/transport-settings.js'
import { plainSpan } from '../encode/plain-span.js'

test('a thread that throws at its start is replaced by this one, with one warning, and nothing is lost', async () => {
  const { lines, send, local, ended } = setup('throwing-thread.mjs')
  const outcomes = [send(1), send(2)]
  expect(await Promise.all(outcomes)).toEqual([accepted(1), accepted(2)])
  expect(await send(3)).toEqual(accepted(3))
  expect(local.sent).toEqual([1, 2, 3])
  expect(ended).toEqual([1, 2, 3])
  expect(lines).toEqual([
    expect.stringContaining('the export thread cannot be started: this thread does not start; spans are sent from this thread'),
  ])
})

test('a thread that is never ready is given up while there is time to send from this one', async () => {
  const { clock, lines, send, local, ended } = setup('silent-thread.mjs')
  const outcome = send(1)
  await clock.advance(4999)
  expect(lines).toEqual([])
  await clock.advance(1)
  expect(await outcome).toEqual(accepted(1))
  expect(local.sent).toEqual([1])
  // Of the 10 seconds that the batch had.
  expect(local.deadlines.map(({ at }) => at - clock.now())).toEqual([5000])
  expect(ended).toEqual([1])
  expect(lines).toEqual([expect.stringContaining('the export thread cannot be started; spans are sent from this thread')])
})

test('a batch that is sent from this thread in the end is counted once, however long that takes', async () => {
  const { clock, send, local, ended } = setup('throwing-thread.mjs')
  local.isSlow = true
  const outcome = send(1)
  await until(() => local.sent.length === 1)
  await clock.advance(60_000)
  expect(ended).toEqual([])
  local.answer()
  expect(await outcome).toEqual(accepted(1))
  expect(ended).toEqual([1])
})

test('headers that fail when a batch is sent from this thread already do not count it as failed', async () => {
  let fail: (error: Error) => void = () => {}
  const first = new Promise<never>((_, reject) => (fail = reject))
  const answers = [first, Promise.resolve({})]
  const { clock, send, local, ended } = setup('throwing-thread.mjs', {
    headersFunction: () => answers.shift() ?? Promise.resolve({}),
  })
  local.isSlow = true
  // The second one starts the thread, which takes both with it.
  const outcomes = [send(1), send(2)]
  await until(() => local.sent.length === 2)
  fail(new Error('no token'))
  await clock.turn()
  expect(ended).toEqual([])
  local.answer()
  expect(await Promise.all(outcomes)).toEqual([accepted(1), accepted(2)])
  expect(ended).toEqual([1, 2])
})

test('a thread that gives nothing back loses what it has at its deadline, and is replaced 5 s later', async () => {
  const { clock, lines, send, ended, freed } = setup('hanging-thread.mjs', { timeoutMillis: 1000 })
  const first = send(1)
  // Only the timer of the batch is left when the thread is ready.
  await until(() => clock.ownTimers === 1)
  await clock.advance(1000 + 25)
  expect(await first).toMatchObject({ exported: 0, failed: { timeout: 1 } })
  expect(ended).toEqual([1])
  // The thread may still read it.
  expect(freed.count).toBe(0)
  await clock.advance(4999)
  expect(lines).toEqual([])
  await clock.advance(1)
  await until(() => lines.length > 0)
  expect(lines).toEqual([expect.stringContaining('the export thread has ended; another one is started')])
  expect(freed.count).toBe(1)
  // What comes meanwhile waits for the next one.
  const second = send(2)
  await clock.advance(100)
  await clock.advance(1000)
  expect(await second).toMatchObject({ failed: { timeout: 2 } })
  expect(ended).toEqual([1, 2])
})

test('a batch of which a part was sent is lost with its thread, and not sent twice', async () => {
  const { send, local, ended } = setup('dying-between-parts-thread.mjs')
  expect(await send(1)).toMatchObject({ exported: 0, failed: { export_thread: 1 } })
  expect(ended).toEqual([1])
  expect(local.sent).toEqual([])
})

test('a batch without spans is nothing to send', async () => {
  const { send, ended } = setup('hanging-thread.mjs')
  expect(await send(0)).toEqual(accepted(0))
  expect(ended).toEqual([0])
})

test('settings that cannot be cloned after all are for this thread, and no batch is handed to both', async () => {
  const { lines, send, local, ended, slabs } = setup('hanging-thread.mjs', { tls: { ca: new Proxy([], {}) } as object })
  expect(await send(1)).toEqual(accepted(1))
  expect(local.sent).toEqual([1])
  expect(ended).toEqual([1])
  expect(slabs.map(({ owner }) => owner)).toEqual([APPLICATION])
  expect(lines).toEqual([expect.stringContaining('the export thread cannot be started')])
})

test('a shutdown during which the thread is given up shuts down what takes its place', async () => {
  const { clock, thread, send, local } = setup('throwing-thread.mjs')
  local.isSlow = true
  const outcome = send(1)
  const closed = thread.shutdown({ at: clock.now() + 5000 })
  await until(() => local.isClosed)
  expect(local.sent).toEqual([1])
  local.answer()
  expect(await outcome).toEqual(accepted(1))
  await closed
  expect(await send(2)).toMatchObject({ failed: { already_shutdown: 2 } })
})

test('a backend that a thread left as down is up when this thread has reached it', async () => {
  const { clock, changes, lines, send } = setup('dying-thread.mjs', { timeoutMillis: Infinity })
  const outcome = send(1)
  for (let death = 1; death <= 5; death++) {
    // oxlint-disable-next-line no-await-in-loop -- one thread after the other
    await until(() => lines.length === death)
    // oxlint-disable-next-line no-await-in-loop
    await clock.advance(2000)
  }
  expect(await outcome).toEqual(accepted(1))
  // Each thread says it anew, and the application is told once.
  expect(changes).toEqual(['down', 'up'])
  expect(lines.at(-1)).toContain('has ended 5 times in a minute; spans are sent from this thread')
})

function accepted(count: number): BatchOutcome {
  return { exported: count, failed: {} }
}

/** Sends in the place of the thread. */
class LocalTransport implements BatchTransport {
  readonly sent: number[] = []
  readonly deadlines: Deadline[] = []
  isSlow = false
  isClosed = false
  hooks: TransportHooks = {}
  readonly #waiting: (() => void)[] = []

  /** To all that wait, if it is slow. */
  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  async sendBatch(batch: EncodedBatch, deadline: Deadline): Promise<BatchOutcome> {
    const { spanCount } = batch
    this.hooks.onStart?.(spanCount)
    const failed = this.isClosed ? { already_shutdown: spanCount } : {}
    const exported = this.isClosed ? 0 : spanCount
    if (!this.isClosed) {
      this.sent.push(spanCount)
      this.deadlines.push(deadline)
      if (this.isSlow) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const finished: FinishedExport = {
      spanCount,
      exported,
      failed,
      stored: 0,
      durationMillis: 0,
      attemptCount: 1,
      statusCode: 200,
      errorType: undefined,
    }
    this.hooks.onEnd?.(finished)
    return { exported, failed }
  }

  async shutdown(): Promise<void> {
    this.isClosed = true
  }
}

/** The application's side over a thread that runs a file of `fixtures`. */
function setup(file: string, changed: Partial<TransportSettings> = {}) {
  const lines = captureDiag()
  const clock = new FakeClock()
  const ended: number[] = []
  const slabs: Slab[] = []
  const changes: string[] = []
  const hooks: TransportHooks = {
    onEnd: ({ spanCount }) => void ended.push(spanCount),
    onBackendChange: ({ state }) => void changes.push(state),
  }
  const freed = { count: 0 }
  const memory = new SlabMemory(2 ** 25, () => freed.count++)
  const local = new LocalTransport()
  const thread = new ExportThread({
    settings: { ...resolveOptions({}, {}), ...changed },
    hooks,
    memory,
    file: new URL(`fixtures/${file}`, import.meta.url),
    slabCount: 16,
    createLocal(own) {
      local.hooks = own
      return local
    },
    clock,
  })
  onTestFinished(async () => {
    const closed = thread.shutdown({ at: clock.now() })
    await clock.advance(10_000)
    await closed
  })
  const encoder = new TraceEncoder({ format: 'protobuf', memory, indexBytes })
  const never = new AbortController().signal
  return { clock, lines, thread, ended, changes, freed, local, slabs, send }

  /** A batch of so many spans. */
  async function send(spanCount: number): Promise<BatchOutcome> {
    const batch = encoder.openBatch()
    for (let i = 0; i < spanCount; i++) batch.add(plainSpan())
    const encoded = batch.finish()
    if (spanCount > 0) slabs.push(memory.slabOf(encoded.parts.buffer))
    const outcome = await thread.sendBatch(encoded, { at: Infinity, signal: never, closing: never })
    encoded.release()
    return outcome
  }
}
