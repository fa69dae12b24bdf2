// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { fork } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { getEventListeners, once } from 'node:events'
import { ROOT_CONTEXT, context, createContextKey } from '@opentelemetry/api'
import type { Context } from '@opentelemetry/api'
import { closedPort } from '@spanring/test-kit/servers'
import { setupSink } from '@spanring/test-kit/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { PlainBatch } from './plain-batch.js'
import { openHandles, settledWithin, setupTransport } from './setup-transport.js'

/** The key that `@opentelemetry/core` has. */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

test('after shutdown a batch fails at once and the network is not touched', async () => {
  const sink = await setupSink()
  const { send, transport, within, finished } = setupTransport({ url: sink.url })
  await transport.shutdown(within(1000))
  const outcome = await send(3)
  expect(outcome).toMatchObject({ exported: 0, failed: { already_shutdown: 3 } })
  expect((await sink.stats()).connections).toBe(0)
  expect(finished).toEqual([expect.objectContaining({ spanCount: 3, attemptCount: 0, errorType: 'already_shutdown' })])
})

test('shutdown waits for what is under way, and the second call is the first', async () => {
  const sink = await setupSink()
  const { send, transport, within } = setupTransport({ url: sink.url })
  await sink.script({ delayMillis: 100 })
  const sent = Promise.all([send(2), send(2)])
  await until(async () => (await sink.stats()).requests === 2)
  const first = transport.shutdown(within(5000))
  expect(transport.shutdown(within(1))).toBe(first)
  await first
  expect((await sink.stats()).delivered).toBe(4)
  expect((await sent).map(({ exported }) => exported)).toEqual([2, 2])
  await until(async () => (await sink.stats()).openConnections === 0)
})

test('what a shutdown cannot wait for is counted with its reason', async () => {
  const sink = await setupSink()
  const { send, transport, within, counts } = setupTransport({ url: sink.url, concurrencyLimit: 2 })
  await sink.script({ fault: 'never' })
  const sent = Promise.all([send(1), send(2), send(3)])
  await until(async () => (await sink.stats()).requests === 2)
  await settledWithin(100, () => transport.shutdown(within(100)))
  const outcomes = await settledWithin(0, () => sent)
  expect(outcomes.map(({ failed }) => failed)).toEqual([{ shutdown: 1 }, { shutdown: 2 }, { shutdown: 3 }])
  expect(counts.inFlight).toBe(0)
  await until(async () => (await sink.stats()).openConnections === 0)
})

test('idle waits for what came before it, and not longer than its bound', async () => {
  const sink = await setupSink()
  const { send, transport, within } = setupTransport({ url: sink.url })
  expect(await transport.idle(within(0))).toBe(true)
  await sink.script({ delayMillis: 50 }, { fault: 'never' })
  void send()
  await until(async () => (await sink.stats()).requests === 1)
  const idle = transport.idle(within(5000))
  void send()
  expect(await settledWithin(1000, () => idle)).toBe(true)
  expect(await settledWithin(50, () => transport.idle(within(50)))).toBe(false)
})

test('batches that wait for a slot get it in order, and one that gives up does not take it along', async () => {
  const sink = await setupSink()
  const { send, counts } = setupTransport({ url: sink.url, concurrencyLimit: 1 })
  await sink.script({ delayMillis: 500 }, { times: 1 })
  const order: string[] = []
  const note = (name: string) => (): void => void order.push(name)
  const sent = [
    send().then(note('first')),
    send(1, 0).then(note('gives up')),
    send().then(note('second')),
    send().then(note('third')),
  ]
  await Promise.all(sent)
  expect(order).toEqual(['gives up', 'first', 'second', 'third'])
  expect(counts.inFlight).toBe(0)
})

test('nothing is left: no listener on the signals of the caller, no handle', async () => {
  const sink = await setupSink()
  await until(() => true)
  const handles = openHandles().length
  const { send, transport, within, signal, closing } = setupTransport({ url: sink.url, timeoutMillis: 100 })
  await sink.script({ fault: 'never' }, { status: 503 }, { status: 400 }, { times: 1 })
  await Promise.all(Array.from({ length: 20 }, () => send()))
  expect(getEventListeners(signal.signal, 'abort')).toEqual([])
  expect(getEventListeners(closing.signal, 'abort')).toEqual([])
  await transport.shutdown(within(1000))
  await until(() => openHandles().length <= handles)
})

test('work is done outside of the context of the caller, with tracing suppressed', async () => {
  const sink = await setupSink()
  const storage = new AsyncLocalStorage<string>()
  const stores: unknown[] = []
  const contexts = new AsyncLocalStorage<Context>()
  context.setGlobalContextManager({
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with: (inner, work, self, ...args) => contexts.run(inner, () => work.call(self, ...args)),
    bind: (_inner, target) => target,
    enable: () => context as never,
    disable: () => context as never,
  })
  onTestFinished(() => context.disable())
  const suppressed: boolean[] = []
  const onRequest = (): void => {
    stores.push(storage.getStore())
    suppressed.push(context.active().getValue(SUPPRESS_TRACING) === true)
  }
  const requests = channel('undici:request:create')
  requests.subscribe(onRequest)
  onTestFinished(() => {
    requests.unsubscribe(onRequest)
  })
  const { send } = setupTransport({ url: sink.url })
  await storage.run('request of the application', () => send())
  expect(stores).toEqual([undefined])
  expect(suppressed).toEqual([true])
})

test('a process with nothing else to do ends in the middle of a back-off, while it looks for its backend, and after a batch', async () => {
  const sink = await setupSink()
  const program = new URL('./fixtures/idle-exit.mjs', import.meta.url)
  const closed = `http://127.0.0.1:${await closedPort()}/`
  for (const [url, reply] of [
    [sink.url, { status: 503 }],
    [closed, {}],
    [sink.url, {}],
  ] as const) {
    await sink.script(reply)
    const child = fork(program, [url], { execArgv: [], silent: true })
    onTestFinished(() => void child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    await once(child, 'message')
    // Far below the back-off of half a minute; a process may take its time to end on a busy machine.
    expect(await settledWithin(10_000, () => exited)).toEqual([0, null])
  }
})

test('a batch is never released by the transport, and never assembled after its outcome', async () => {
  const sink = await setupSink()
  const { send } = setupTransport({ url: sink.url, timeoutMillis: 50 })
  await sink.script({ fault: 'never' })
  const batch = new PlainBatch(2)
  await send(batch)
  const { length } = batch.assembled
  await sink.script()
  await send()
  expect(batch).toMatchObject({ isReleased: false, assembled: { length } })
})
