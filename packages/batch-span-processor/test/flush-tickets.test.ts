// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { FlushTickets } from '../src/flush-tickets.js'

test('a ticket is done when everything before its target has left, and not before', () => {
  const tickets = new FlushTickets()
  const ticket = tickets.open(10)
  tickets.settle(9)
  expect(ticket.isDone).toBe(false)
  tickets.settle(10)
  expect(ticket.isDone).toBe(true)
  tickets.fail(0, 'error')
  expect(ticket.error, 'it is forgotten').toBeUndefined()
})

test('one step may settle many tickets, each by its own target', () => {
  const tickets = new FlushTickets()
  const [early, alsoEarly, late] = [tickets.open(3), tickets.open(5), tickets.open(8)]
  tickets.settle(5)
  expect([early.isDone, alsoEarly.isDone, late.isDone]).toEqual([true, true, false])
})

test('whoever waits is woken when its ticket is done, and at each step before', () => {
  const tickets = new FlushTickets()
  const [early, late] = [tickets.open(3), tickets.open(8)]
  const woken: string[] = []
  early.wake = () => woken.push(`early ${early.isDone}`)
  late.wake = () => woken.push(`late ${late.isDone}`)
  tickets.progress()
  tickets.settle(3)
  tickets.progress()
  tickets.settle(8)
  tickets.progress()
  expect(woken).toEqual(['early false', 'late false', 'early true', 'late false', 'late true'])
})

test('a ticket keeps the first error of the batches that it covers', () => {
  const tickets = new FlushTickets()
  const [covered, other] = [tickets.open(10), tickets.open(5)]
  tickets.fail(5, 'first')
  tickets.fail(0, 'second')
  expect([covered.error, other.error]).toEqual(['first', 'second'])
})

test('a closed ticket is forgotten', () => {
  const tickets = new FlushTickets()
  const closed = tickets.open(10)
  tickets.close(closed)
  tickets.fail(0, 'error')
  expect(closed.error).toBeUndefined()
})
