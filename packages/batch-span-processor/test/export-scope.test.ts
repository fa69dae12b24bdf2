// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import type { Context, ContextManager } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { ExportScope } from '../src/export-scope.js'

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

afterEach(() => {
  context.disable()
})

test('work runs with tracing suppressed', () => {
  context.setGlobalContextManager(new AsyncContext())
  const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')
  const scope = new ExportScope()
  expect(scope.enter({}, () => context.active().getValue(suppressed))).toBe(true)
  expect(context.active().getValue(suppressed)).toBeUndefined()
})

test('work runs in the contexts of construction and not in those of the request', () => {
  context.setGlobalContextManager(new AsyncContext())
  const storage = new AsyncLocalStorage<string>()
  const scope = storage.run('construction', () => new ExportScope())
  const seen = storage.run('request', () =>
    context.with(ROOT_CONTEXT.setValue(REQUEST, 'request'), () =>
      scope.enter({}, () => [storage.getStore(), context.active().getValue(REQUEST)]),
    ),
  )
  expect(seen).toEqual(['construction', undefined])
})

test('a call into the exporter knows that it is inside, later in its own context too', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const scope = new ExportScope()
  const call = {}
  expect(scope.isInside()).toBe(false)
  const later = scope.enter(call, async () => {
    expect(scope.isInside()).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    return scope.isInside()
  })
  expect(scope.isInside()).toBe(false)
  expect(await later).toBe(true)
  expect(new ExportScope().isInside()).toBe(false)
})

test('what goes on after the call has ended is outside again', async () => {
  context.setGlobalContextManager(new AsyncContext())
  const scope = new ExportScope()
  const call = {}
  const later = scope.enter(call, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return scope.isInside()
  })
  scope.leave(call)
  expect(await later).toBe(false)
})

test('without a context manager the synchronous part is still recognised', () => {
  const scope = new ExportScope()
  expect(scope.enter({}, () => scope.isInside())).toBe(true)
  expect(scope.isInside()).toBe(false)
})

test('a call that throws leaves nothing behind', () => {
  const scope = new ExportScope()
  expect(() =>
    scope.enter({}, () => {
      throw new Error('exporter')
    }),
  ).toThrow('exporter')
  expect(scope.isInside()).toBe(false)
})
