// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import { FlushTickets } from '../src/flush-tickets.js'
import type { FlushTicket } from '../src/flush-tickets.js'
import { settlePromises } from './fake-clock.js'

async function isDone(ticket: FlushTicket): Promise<boolean> {
  let done = false
  void ticket.done.then(() => (done = true))
  await settlePromises()
  return done
}

test('a ticket is done when everything before its target has left, and not before', async () => {
  const tickets = new FlushTickets()
  const ticket = tickets.open(10)
  tickets.settle(9)
  expect(await isDone(ticket)).toBe(false)
  tickets.settle(10)
  expect(await isDone(ticket)).toBe(true)
  tickets.fail(0, 'error')
  expect(ticket.error, 'it is forgotten').toBeUndefined()
})

test('one step may settle many tickets, each by its own target', async () => {
  const tickets = new FlushTickets()
  const [early, alsoEarly, late] = [tickets.open(3), tickets.open(5), tickets.open(8)]
  tickets.settle(5)
  expect([await isDone(early), await isDone(alsoEarly), await isDone(late)]).toEqual([true, true, false])
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
