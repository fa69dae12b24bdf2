// SPDX-License-Identifier: Apache-2.0
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { resolveOptions } from '../../../src/config/settings.js'
import type { Connection } from '../../../src/transport/connection/connection.js'
import { Slot } from '../../../src/transport/connection/slots.js'
import { Operation } from '../../../src/transport/operation.js'
import { internalFailure } from '../../../src/transport/redaction/internal-failure.js'
import { Secrets } from '../../../src/transport/redaction/secrets.js'
import type { PendingRequest } from '../../../src/transport/request/pending-request.js'
import { Backend } from '../../../src/transport/retry/backend.js'
import { RequestSender } from '../../../src/transport/retry/request-sender.js'
import { PlainBatch } from '../plain-batch.js'
import { setupTransport } from '../setup-transport.js'

const SECRET = 'hush-7Qz'
const SETTINGS = resolveOptions({ url: 'http://127.0.0.1:1/v1/traces' }, {})

class BrokenBatch extends PlainBatch {
  override assemble(): never {
    throw new TypeError(`cannot send x-key: ${SECRET}`)
  }
}

test('an exception while a request is made is a failure without secrets, and other batches are not harmed', async () => {
  const { send } = setupTransport({ url: SETTINGS.endpoint.printable, concurrencyLimit: 1, headers: () => ({ 'x-key': SECRET }) })
  const { failed, error } = await send(new BrokenBatch(2))
  expect(failed).toEqual({ internal: 2 })
  expect(error?.message).toBe(`${SETTINGS.endpoint.printable}: TypeError: cannot send x-key: …`)
  // Its slot is free again: the next batch is tried.
  expect((await send(1, 300)).failed).toEqual({ connection: 1 })
})

test('an exception while a request is sent is a failure without secrets', async () => {
  const clock = new FakeClock(0)
  const backend = new Backend(clock, () => {})
  const sender = new RequestSender(SETTINGS, clock, () => 0, { backend, slots: { closeIdle: () => {} } })
  const connection = {
    post: () => Promise.reject(new Error(`x-key: ${SECRET}`)),
    giveUp: () => {},
    destroy: async () => {},
  } as unknown as Connection
  const request = {
    isReady: true,
    begin: () => ({ headers: { 'x-key': SECRET }, body: Buffer.alloc(0) }),
  } as unknown as PendingRequest
  const never = new AbortController().signal
  const operation = new Operation(0, 1000, { at: 1000, signal: never, closing: never })
  const verdict = await sender.send(operation, new Slot(() => connection), request, () => {})
  expect(verdict).toEqual({ kind: 'failed', reason: 'internal', status: undefined, message: 'Error: x-key: …' })
})

test('an exception that cannot be shown has a message all the same', () => {
  const secrets = new Secrets(SETTINGS, {})
  const hostile = {
    toString(): string {
      throw new Error(SECRET)
    },
  }
  expect(internalFailure(hostile, secrets).message).toBe('internal error')
})
