// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import type { Context, ContextManager } from '@opentelemetry/api'
import { FakeClock } from '@spanring/test-kit/clock'
import { afterEach, expect, test } from 'vitest'
import { ExportContext } from '../../src/export/export-context.js'

/** The smallest context manager that follows asynchronous calls, as the SDK's does. */
class AsyncContext implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    self?: ThisParameterType<F>,
    ...args: A
  ) {
    return this.#storage.run(active, () => fn.call(self as never, ...args))
  }
  bind<T>(_active: Context, target: T): T {
    return target
  }
  enable(): this {
    return this
  }
  disable(): this {
    return this
  }
}

const REQUEST = createContextKey('request')

/** A call into the exporter that has 10 ms, and what came of it. */
function setup(exportContext: ExportContext = new ExportContext()) {
  const clock = new FakeClock()
  const call = <T>(work: () => T | Promise<T>) => exportContext.call(clock, { at: clock.now() + 10 }, work)
  return { exportContext, clock, call }
}

afterEach(() => {
  context.disable()
})

test('work runs with tracing suppressed', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
  const { call } = setup()
  expect(await call(() => context.active().getValue(suppressed))).toMatchObject({ value: true })
  expect(context.active().getValue(suppressed)).toBeUndefined()
})

test('work runs in the contexts of construction and not in those of the request', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const storage = new AsyncLocalStorage<string>()
  const { call } = setup(storage.run('construction', () => new ExportContext()))
  const seen = storage.run('request', () =>
    context.with(ROOT_CONTEXT.setValue(REQUEST, 'request'), () =>
      call(() => [storage.getStore(), context.active().getValue(REQUEST)]),
    ),
  )
  expect(await seen).toEqual({ status: 'done', value: ['construction', undefined] })
})

test('where a request lets nobody into its contexts once it is over, work runs in those of the caller', async () => {
  const storage = new AsyncLocalStorage<string>()
  Object.assign(globalThis, { WebSocketPair: Object })
  const { call } = setup(storage.run('request', () => new ExportContext()))
  Reflect.deleteProperty(globalThis, 'WebSocketPair')
  expect(await storage.run('later request', () => call(() => storage.getStore()))).toMatchObject({ value: 'later request' })
})

test('a call into the exporter knows that it is inside, later in its own context too', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const { exportContext, call } = setup()
  expect(exportContext.isInside()).toBe(false)
  const later = call(async () => {
    expect(exportContext.isInside()).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    return exportContext.isInside()
  })
  expect(exportContext.isInside()).toBe(false)
  expect(await later).toEqual({ status: 'done', value: true })
  expect(new ExportContext().isInside()).toBe(false)
})

test('what goes on after the call has ended is outside again', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const { exportContext, clock, call } = setup()
  let goOn!: () => void
  const wait = new Promise<void>((resolve) => (goOn = resolve))
  let later: Promise<boolean> | undefined
  const ended = call(() => (later = wait.then(() => exportContext.isInside())))
  await clock.advance(10)
  expect(await ended).toEqual({ status: 'timeout' })
  goOn()
  expect(await later).toBe(false)
})

test('without a context manager the synchronous part is still recognised', async () => {
  const { exportContext, call } = setup()
  expect(await call(() => exportContext.isInside())).toEqual({ status: 'done', value: true })
  expect(exportContext.isInside()).toBe(false)
})

test('a call that throws leaves nothing behind', async () => {
  const { exportContext, clock, call } = setup()
  const thrown = call(() => {
    throw new Error('exporter')
  })
  expect(exportContext.isInside()).toBe(false)
  expect(await thrown).toEqual({ status: 'failed', error: new Error('exporter') })
  expect(clock.ownTimers).toBe(0)
})
