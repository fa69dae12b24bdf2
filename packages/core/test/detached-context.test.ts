// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, context, createContextKey } from '@opentelemetry/api'
import { expect, test, vi } from 'vitest'
import { DetachedContext } from '../src/detached-context.js'

const tenant = createContextKey('tenant')
const suppressed = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

test('work runs in the context that is given, with tracing suppressed', () => {
  const seen: unknown[] = []
  const scope = new DetachedContext(ROOT_CONTEXT.setValue(tenant, 'given'))
  const withContext = vi.spyOn(context, 'with').mockImplementation((active, work) => {
    seen.push(active.getValue(tenant), active.getValue(suppressed))
    return (work as () => never)()
  })
  expect(scope.run(() => 'done')).toBe('done')
  withContext.mockRestore()
  expect(seen).toEqual(['given', true])
})

test('work does not run in the asynchronous contexts of its caller', () => {
  const storage = new AsyncLocalStorage<string>()
  const scope = storage.run('construction', () => new DetachedContext(ROOT_CONTEXT))
  expect(storage.run('request', () => scope.run(() => storage.getStore()))).toBe('construction')
})

test('a snapshot that is given is taken where Node.js cannot be asked for one', () => {
  vi.stubGlobal('WebSocketPair', () => {})
  const storage = new AsyncLocalStorage<string>()
  const own = storage.run('construction', () => new DetachedContext(ROOT_CONTEXT))
  const given = storage.run('construction', () => new DetachedContext(ROOT_CONTEXT, AsyncLocalStorage.snapshot()))
  vi.unstubAllGlobals()
  expect(storage.run('request', () => own.run(() => storage.getStore()))).toBe('request')
  expect(storage.run('request', () => given.run(() => storage.getStore()))).toBe('construction')
})
