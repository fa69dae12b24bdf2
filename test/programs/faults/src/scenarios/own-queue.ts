// SPDX-License-Identifier: Apache-2.0
// Pipelines that wait for themselves: through their own queue, through callbacks, through what they share with others.
import { channel } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { sumOf } from '@spanring/test-kit/accounting'
import type { Call, Lab } from '../lab/lab.js'
import { LIMITS, SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

const TIMEOUT = LIMITS.exportTimeoutMillis

/** A re-entrant pipeline is stopped here: one that starves the event loop would go on for ever. */
const MAX_EXPORTS = 20_000

export const ownQueue: readonly Scenario[] = [
  {
    id: '18',
    isSent: true,
    title: 'Every batch fails with 503 while the queue is full; then the backend recovers and no further span ends',
    async run(lab) {
      const sink = await lab.sink({}, { status: 503 })
      const exporter = await lab.otlp({ url: sink.url, timeoutMillis: 3000 })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 3500 })
      pipeline.end(1000)
      await lab.until(async () => (await sink.stats()).requests > 0)
      pipeline.end(100)
      await sink.script()
      const isDrained = await lab.until(async () => (await sink.stats()).delivered + lostOf(lab) >= lab.ended)
      lab.require(isDrained, 'the queue does not drain by itself')
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '19',
    title: 'The exporter ends a span inside every `export` and calls back at once (batches of one)',
    async run(lab) {
      let isOver = false
      let before1ms = -1
      const exporter = lab.scripted({
        onExport(call) {
          if (!isOver && exporter.callCount < MAX_EXPORTS) pipeline.end(1)
          call.succeed()
        },
      })
      const pipeline = lab.pipeline(exporter, { maxExportBatchSize: 1 })
      setTimeout(() => (before1ms = exporter.callCount), 1)
      pipeline.end(1)
      await sleep(100)
      await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
      isOver = true
      lab.require(before1ms < 1000, `${before1ms} exports before a timer of 1 ms gets its turn`)
      lab.require(exporter.deepest === 1, `\`export\` calls itself ${exporter.deepest} deep`)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '20a',
    title: 'The logger ends a span on every line; the queue is full',
    async run(lab) {
      let depth = 0
      let deepest = 0
      await overfill(lab, (end) => {
        deepest = Math.max(deepest, ++depth)
        try {
          end()
        } finally {
          depth--
        }
      })
      lab.require(deepest <= 1, `the logger is called ${deepest} deep`)
    },
  },
  {
    id: '20b',
    title: 'The logger throws on every line; the queue is full',
    run: (lab) =>
      overfill(lab, () => {
        throw new Error('thrown by the logger')
      }),
  },
  {
    id: '21',
    isSent: true,
    title: 'Instrumentation ends one span for every request of the exporter',
    async run(lab) {
      const sink = await lab.sink()
      const pipeline = lab.pipeline(await lab.otlp({ url: sink.url, timeoutMillis: 1000 }), { exportTimeoutMillis: 1000 })
      const trace = (): void => pipeline.end(1)
      const channels = [channel('undici:request:create'), channel('http.client.request.start')]
      for (const requests of channels) requests.subscribe(trace)
      pipeline.end(1)
      // No instrumentation of the application sees what another thread sends.
      const ended = lab.hasThread
        ? await lab.until(async () => (await sink.stats()).delivered > 0)
        : await lab.until(() => lab.ended >= 20)
      for (const requests of channels) requests.unsubscribe(trace)
      lab.require(ended, 'it stops sending')
      const { requests } = await sink.stats()
      if (lab.hasThread) lab.note('no request is seen')
      lab.require(lab.ended <= requests + 2, `${lab.ended} spans for ${requests} requests`)
      await lab.settles('flush', () => pipeline.flush(), 1000)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '22',
    isSent: true,
    title:
      "The application's own HTTP client is stuck: the global dispatcher of `fetch` and the global agent of `http` never send",
    async run(lab) {
      const { globalAgent } = await import('node:http')
      globalAgent.maxTotalSockets = 0.5
      Reflect.set(globalThis, Symbol.for('undici.globalDispatcher.1'), { dispatch: () => true })
      const sink = await lab.sink()
      const pipeline = lab.pipeline(await lab.otlp({ url: sink.url, timeoutMillis: 1000 }), { exportTimeoutMillis: 1000 })
      pipeline.end(5)
      await lab.settles('flush', () => pipeline.flush(), 1000)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '23a',
    title: 'Two processors share an exporter that hangs for the spans of one of them',
    async run(lab) {
      // The first call is that of the hung one.
      const exporter = lab.scripted({ onExport: (call) => (call.number === 1 ? undefined : call.succeed()) })
      const hung = lab.pipeline(exporter)
      const healthy = lab.pipeline(exporter)
      hung.end(5)
      await lab.until(() => exporter.running === 1)
      healthy.end(5)
      await lab.settles('flush of the healthy', () => healthy.flush(), TIMEOUT)
      lab.require(exporter.delivered === 5, "the healthy one's spans do not arrive")
      await lab.settles('both shutdowns', () => Promise.allSettled([hung.shutdown(), healthy.shutdown()]), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '23b',
    isSent: true,
    title: 'Two processors share an OTLP exporter; the first shuts down while an export of the second is under way',
    async run(lab) {
      const sink = await lab.sink({}, { delayMillis: 300 })
      const exporter = await lab.otlp({ url: sink.url, timeoutMillis: 2000 })
      const first = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      const second = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      first.end(5)
      second.end(5)
      await lab.until(async () => (await sink.stats()).requests === 2)
      await lab.settles('shutdown of the first', () => first.shutdown(), SHUTDOWN_MILLIS)
      await lab.settles('shutdown of the second', () => second.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '36a',
    title: '`forceFlush` is awaited inside `export`',
    run: (lab) => waitInside(lab, (pipeline) => pipeline.flush()),
  },
  {
    id: '36b',
    title: '`shutdown` is awaited inside `export`',
    run: (lab) => waitInside(lab, (pipeline) => pipeline.shutdown()),
  },
  {
    id: '36c',
    title: '`forceFlush` is awaited inside `export` in a way that nobody can tell: a moment later, without a context manager',
    run: (lab) => waitInside(lab, (pipeline) => sleep(1).then(() => pipeline.flush()), false),
  },
]

function lostOf(lab: Lab): number {
  return sumOf(lab.lost())
}

/** Fills the queue of a hung exporter, and overfills it; the logger does something whenever it is called. */
async function overfill(lab: Lab, onLog: (end: () => void) => void): Promise<void> {
  let isHung = true
  const hung: Call[] = []
  const exporter = lab.scripted({ onExport: (call) => (isHung ? hung.push(call) : call.succeed()) })
  const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 5000 })
  lab.onLog = () => onLog(() => pipeline.end(1))
  const endGuarded = (count: number): void => {
    try {
      pipeline.end(count)
    } catch (error) {
      lab.require(false, `${error instanceof Error ? error.name : 'an error'} is thrown into \`span.end()\``)
    }
  }
  endGuarded(LIMITS.maxQueueSize)
  await sleep(50)
  endGuarded(2 * LIMITS.maxQueueSize)
  await sleep(50)
  isHung = false
  for (const call of hung) call.succeed()
  await sleep(50)
  // Room again: the stock processor speaks of what it dropped with the next span that it takes.
  endGuarded(1)
  await sleep(50)
  lab.onLog = () => {}
  await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}

/** An exporter that answers only when the wait of its own has ended. */
async function waitInside(
  lab: Lab,
  wait: (pipeline: ReturnType<Lab['pipeline']>) => Promise<void>,
  hasContextManager: boolean = true,
): Promise<void> {
  // What a NodeSDK registers.
  if (hasContextManager) lab.onEnd(lab.contender.sdk.enableAsyncContext())
  let inside: Promise<unknown> | undefined
  const exporter = lab.scripted({
    onExport(call) {
      inside ??= wait(pipeline)
      void inside.then(
        () => call.succeed(),
        () => call.fail(),
      )
    },
  })
  const pipeline = lab.pipeline(exporter)
  pipeline.end(5)
  await lab.until(() => inside !== undefined)
  await lab.settles('the wait inside', async () => inside, TIMEOUT)
  lab.require(!hasContextManager || exporter.delivered === 5, 'the batch around the wait is lost')
  await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}
