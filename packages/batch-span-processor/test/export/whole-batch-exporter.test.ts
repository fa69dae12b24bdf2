// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import type { BatchOutcome } from '@spanring/core'
import { WholeBatchExporter } from '../../src/export/whole-batch-exporter.js'
import { ClockedExporter } from '../clocked-exporter.js'
import type { Behaviour } from '../clocked-exporter.js'
import { createSpan } from '../span.js'

const TIMEOUT = 100

function setup(...script: Behaviour[]) {
  const clock = new FakeClock()
  const exporter = new ClockedExporter(clock, ...script)
  const target = new WholeBatchExporter(exporter, clock, TIMEOUT)
  const state = { room: 0, outcomes: [] as unknown[] }
  /** Sends a batch of two spans if there is room for one, and gives it up after the time-out, as the drain loop does. */
  const send = (timeoutMillis = TIMEOUT): boolean => {
    const staged = target.openBatch()
    const { signal } = new AbortController()
    if (staged === undefined) return false
    const { batch } = staged
    batch.add(createSpan(1))
    batch.add(createSpan(2))
    const keep = (outcome: unknown): void => void state.outcomes.push(outcome)
    batch.send({ at: clock.now() + timeoutMillis, signal, closing: signal }).then(keep, keep)
    clock.later(() => staged.onAbandoned?.(), timeoutMillis)
    return true
  }
  return { clock, exporter, target, state, send }
}

test.each<[string, Behaviour, BatchOutcome | Error | undefined]>([
  // What fails is counted by whoever waits for the outcome.
  ['success', { kind: 'ok' }, { exported: 2, failed: {} }],
  ['a reported failure', { kind: 'fail' }, new Error('backend says no')],
  ['a throw', { kind: 'throw' }, new Error('export throws')],
  ['a rejection', { kind: 'reject' }, new Error('export rejects')],
  ['a call back with nothing', { kind: 'garbage' }, undefined],
  ['two call backs', { kind: 'twice', delay: 10 }, { exported: 2, failed: {} }],
])('%s is the outcome of the batch', async (_what, behaviour, outcome) => {
  const { clock, state, send } = setup(behaviour)
  send()
  await clock.advance(20)
  expect(state.outcomes).toEqual([outcome])
  expect(clock.ownTimers).toBe(0)
})

test('there is one batch at a time, from opening to outcome', async () => {
  const { clock, target, send } = setup({ kind: 'ok', delay: 50 })
  expect(send()).toBe(true)
  expect(target.openBatch()).toBeUndefined()
  await clock.advance(50)
  expect(target.openBatch()).toBeDefined()
})

test('silence has no outcome; the export is abandoned at the deadline and the next may start', async () => {
  const { clock, target, state, send } = setup({ kind: 'never' })
  send()
  await clock.advance(TIMEOUT)
  expect(state.outcomes).toEqual([])
  expect(target.abandonedCount).toBe(1)
  expect(send()).toBe(true)
})

test('an abandoned export counts until it calls back', async () => {
  const { clock, target, send } = setup({ kind: 'never' }, { kind: 'ok', delay: 150 })
  send()
  await clock.advance(TIMEOUT)
  send()
  await clock.advance(TIMEOUT)
  expect(target.abandonedCount).toBe(2)
  await clock.advance(50)
  expect(target.abandonedCount).toBe(1)
})

test('a late call back gives no room to a batch that does not need it', async () => {
  const { clock, target, send } = setup({ kind: 'ok', delay: 150 }, { kind: 'ok', delay: 90 })
  send()
  await clock.advance(TIMEOUT)
  send()
  await clock.advance(60)
  expect(target.openBatch(), 'the second export is still under way').toBeUndefined()
  await clock.advance(30)
  expect(target.openBatch()).toBeDefined()
})

test('each export in a row that is abandoned doubles the time until the next begins; an answer ends that, even a late one', async () => {
  const { clock, exporter, send } = setup(...Array.from({ length: 4 }, (): Behaviour => ({ kind: 'never' })), {
    kind: 'ok',
    delay: 150,
  })
  for (let i = 0; i < 2000; i++) {
    send()
    await clock.advance(1)
  }
  const startedAt = exporter.calls.map((call) => call.startedAt - 1000)
  // The fifth answers 50 ms after its deadline, and 15 time-outs before the pause would be over.
  expect(startedAt.slice(0, 7)).toEqual([0, 100, 300, 700, 1500, 1650, 1750])
})

test('the pause before an exporter that does not answer is asked again has a bound', async () => {
  const { clock, exporter, send } = setup({ kind: 'never' })
  for (let i = 0; i < 3600; i++) {
    send()
    await clock.advance(1000)
  }
  const last = exporter.calls.slice(-2).map((call) => call.startedAt)
  expect((last[1] ?? 0) - (last[0] ?? 0)).toBe(301_000)
})

test('a flush asks an exporter that does not answer without a pause', async () => {
  const { clock, target, send } = setup({ kind: 'never' })
  send()
  await clock.advance(TIMEOUT)
  send()
  await clock.advance(TIMEOUT)
  expect(send()).toBe(false)
  expect(target.openBatch(false, true)).toBeDefined()
})
