// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { resolveOptions } from '../../src/config/settings.js'
import { Backend } from '../../src/transport/retry/backend.js'
import type { Connection } from '../../src/transport/connection/connection.js'
import { Operation } from '../../src/transport/operation.js'
import type { PendingRequest } from '../../src/transport/request/pending-request.js'
import { RequestSender } from '../../src/transport/retry/request-sender.js'
import type { SentVerdict } from '../../src/transport/retry/request-sender.js'
import type { Answer } from '../../src/transport/answer/answer.js'
import { Slot } from '../../src/transport/connection/slots.js'

const BODY = Buffer.alloc(0)

function readyRequest(): PendingRequest {
  const request = { isReady: true, begin: () => ({ headers: {}, body: BODY }), end: () => {}, retry: () => {}, letGo: () => {} }
  return request as unknown as PendingRequest
}

/** Batches against a backend that answers at once with `status`, or never; when each request came is in `requests`. */
function setup(retryAfter?: string) {
  const clock = new FakeClock(0)
  const settings = resolveOptions({ retry: { initialBackoffMillis: 5000, jitter: false } }, {})
  const backend = new Backend(clock, () => {})
  const sender = new RequestSender(settings, clock, () => 0, { backend, slots: { closeIdle: () => {} } })
  const state = { status: 503, isSilent: false }
  const requests: string[] = []
  const begin = (name: string, millis: number): { verdict: SentVerdict | undefined } => {
    const post = async (): Promise<Answer> => {
      requests.push(`${name} at ${clock.now()}`)
      if (state.isSilent) return new Promise(() => {})
      const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
      return { end: 'whole', seen: state.status, headers, body: BODY, error: undefined }
    }
    const connection = { post, isSent: true, isReused: false, giveUp: () => {}, destroy: async () => {} }
    const slot = new Slot(() => connection as unknown as Connection)
    const deadline = { at: Infinity, signal: new AbortController().signal, closing: new AbortController().signal }
    const operation = new Operation(clock.now(), clock.now() + millis, deadline)
    const begun: { verdict: SentVerdict | undefined } = { verdict: undefined }
    const run = async (): Promise<void> => {
      begun.verdict = await sender.send(operation, slot, readyRequest(), () => {})
      backend.leave(operation, 0)
    }
    void run()
    return begun
  }
  return { state, requests, begin, pass: (millis: number) => clock.advance(millis) }
}

test('a back-off that is longer than what is left ends with a last request a tenth of a second before the deadline', async () => {
  const { state, requests, begin, pass } = setup()
  const begun = begin('batch', 2000)
  await pass(1000)
  state.status = 200
  await pass(1000)
  expect(requests).toEqual(['batch at 0', 'batch at 1900'])
  expect(begun.verdict?.kind).toBe('accepted')
})

test('the one that comes next waits for the back-off after that request', async () => {
  const { requests, begin, pass } = setup()
  begin('first', 2000)
  await pass(10)
  begin('second', 10_000)
  await pass(9900)
  expect(requests).toEqual(['first at 0', 'first at 1900', 'second at 6900', 'second at 9910'])
})

test('after one that was cut off the next one waits until its connection is gone', async () => {
  const { state, requests, begin, pass } = setup()
  begin('first', 2000)
  await pass(10)
  begin('second', 10_000)
  await pass(10)
  state.isSilent = true
  await pass(2480)
  expect(requests).toEqual(['first at 0', 'first at 1900', 'second at 2100'])
})

test('what a Retry-After leaves too little time for fails at once', async () => {
  const { requests, begin, pass } = setup('2')
  const begun = begin('batch', 2050)
  await pass(10)
  expect(begun.verdict).toMatchObject({ kind: 'failed', reason: 'http_503' })
  expect(requests).toEqual(['batch at 0'])
})
