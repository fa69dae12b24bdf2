// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import type { SpanResource } from '@spanring/core'
import { RESOURCE_WAIT_MILLIS } from '../../src/limits.js'
import { ResourceGate } from '../../src/batching/resource-gate.js'

function setup(exportTimeoutMillis = 30_000) {
  const clock = new FakeClock()
  const state = { opened: 0 }
  const gate = new ResourceGate(clock, exportTimeoutMillis, () => state.opened++)
  /** Whether a batch that holds a span, added now, may be sent now. */
  const isOpenFor = (span: { resource: SpanResource }): boolean => {
    const pending = gate.pendingOf(span, clock.now())
    return gate.isOpenFor({ pending: pending && new Set([pending]) })
  }
  return { clock, gate, isOpenFor, state }
}

/** A resource like the SDK's, whose detection is in the hands of the test. */
function pendingResource() {
  let settle!: { resolve: () => void; reject: (error: Error) => void }
  const detected = new Promise<void>((resolve, reject) => (settle = { resolve, reject }))
  const state = { waits: 0 }
  const resource: SpanResource = {
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => {
      state.waits++
      return detected
    },
  }
  return { resource, state, settle }
}

test('a resource without pending attributes passes at once', () => {
  const { isOpenFor, clock } = setup()
  expect(isOpenFor({ resource: {} })).toBe(true)
  expect(isOpenFor({ resource: { asyncAttributesPending: false, waitForAsyncAttributes: () => Promise.resolve() } })).toBe(true)
  expect(isOpenFor({ resource: undefined as never })).toBe(true)
  expect(clock.ownTimers).toBe(0)
})

test('a pending resource is waited for once, however often it is asked about', async () => {
  const { clock, isOpenFor, state } = setup()
  const { resource, state: asked, settle } = pendingResource()
  for (let i = 0; i < 100; i++) expect(isOpenFor({ resource })).toBe(false)
  settle.resolve()
  await clock.turn()
  expect(isOpenFor({ resource })).toBe(true)
  expect(asked.waits).toBe(1)
  expect(state.opened).toBe(1)
  expect(clock.ownTimers).toBe(0)
})

test('a detection that rejects opens the gate', async () => {
  const { clock, isOpenFor } = setup()
  const { resource, settle } = pendingResource()
  isOpenFor({ resource })
  settle.reject(new Error('no metadata'))
  await clock.turn()
  expect(isOpenFor({ resource })).toBe(true)
})

test('a detection that stays silent opens the gate after its bound, for good', async () => {
  const { clock, isOpenFor, state } = setup()
  const { resource, state: asked } = pendingResource()
  isOpenFor({ resource })
  await clock.advance(RESOURCE_WAIT_MILLIS - 1)
  expect(isOpenFor({ resource })).toBe(false)
  await clock.advance(1)
  expect(isOpenFor({ resource })).toBe(true)
  await clock.advance(60_000)
  expect(isOpenFor({ resource })).toBe(true)
  expect(asked.waits).toBe(1)
  expect(state.opened).toBe(1)
})

test('the bound is never longer than the time an export has', async () => {
  const { clock, isOpenFor } = setup(100)
  const { resource } = pendingResource()
  isOpenFor({ resource })
  await clock.advance(100)
  expect(isOpenFor({ resource })).toBe(true)
})

test('getters and methods that throw open the gate', async () => {
  const { clock, isOpenFor } = setup()
  const thrower = (): never => {
    throw new Error('resource')
  }
  expect(isOpenFor({ resource: Object.defineProperty({}, 'asyncAttributesPending', { get: thrower }) })).toBe(true)
  expect(isOpenFor(Object.defineProperty({} as { resource: SpanResource }, 'resource', { get: thrower }))).toBe(true)
  const resource = { asyncAttributesPending: true, waitForAsyncAttributes: thrower }
  isOpenFor({ resource })
  await clock.turn()
  expect(isOpenFor({ resource })).toBe(true)
})

test('a batch that was filled while the resource was pending may be sent once it is known', async () => {
  const { clock, gate } = setup()
  const { resource, settle } = pendingResource()
  const pending = new Set([gate.pendingOf({ resource }, clock.now()) as SpanResource])
  expect(gate.isOpenFor({ pending })).toBe(false)
  settle.resolve()
  await clock.turn()
  expect(gate.isOpenFor({ pending })).toBe(true)
  expect(gate.isOpenFor({ pending: undefined })).toBe(true)
})

test('shutdown opens it early for a resource that is not known yet', async () => {
  const { clock, gate, isOpenFor, state } = setup()
  const { resource } = pendingResource()
  isOpenFor({ resource })
  await clock.advance(39)
  expect(isOpenFor({ resource })).toBe(false)
  gate.open()
  await clock.turn()
  expect(isOpenFor({ resource })).toBe(true)
  expect(isOpenFor(pendingResource())).toBe(true)
  expect(state.opened).toBe(1)
  expect(clock.ownTimers).toBe(0)
})
