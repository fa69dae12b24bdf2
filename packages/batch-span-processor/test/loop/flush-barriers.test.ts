// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { FlushBarriers } from '../../src/loop/flush-barriers.js'

test('a barrier is done when everything before its target has left, and not before', () => {
  const barriers = new FlushBarriers()
  const barrier = barriers.open(10)
  barriers.settle(9)
  expect(barrier.isDone).toBe(false)
  barriers.settle(10)
  expect(barrier.isDone).toBe(true)
  barriers.fail(0, 'error')
  expect(barrier.error, 'it is forgotten').toBeUndefined()
})

test('one step may settle many barriers, each by its own target', () => {
  const barriers = new FlushBarriers()
  const [early, alsoEarly, late] = [barriers.open(3), barriers.open(5), barriers.open(8)]
  barriers.settle(5)
  expect([early.isDone, alsoEarly.isDone, late.isDone]).toEqual([true, true, false])
})

test('whoever waits is woken when its barrier is done, and at each step before', () => {
  const barriers = new FlushBarriers()
  const [early, late] = [barriers.open(3), barriers.open(8)]
  const woken: string[] = []
  early.wake = () => woken.push(`early ${early.isDone}`)
  late.wake = () => woken.push(`late ${late.isDone}`)
  barriers.progress()
  barriers.settle(3)
  barriers.progress()
  barriers.settle(8)
  barriers.progress()
  expect(woken).toEqual(['early false', 'late false', 'early true', 'late false', 'late true'])
})

test('a barrier keeps the first error of the batches that it covers', () => {
  const barriers = new FlushBarriers()
  const [covered, other] = [barriers.open(10), barriers.open(5)]
  barriers.fail(5, 'first')
  barriers.fail(0, 'second')
  expect([covered.error, other.error]).toEqual(['first', 'second'])
})

test('a closed barrier is forgotten', () => {
  const barriers = new FlushBarriers()
  const closed = barriers.open(10)
  barriers.close(closed)
  barriers.fail(0, 'error')
  expect(closed.error).toBeUndefined()
})
