// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest'
import type { Reply } from '../src/reply.js'
import { ReplyScript } from '../src/reply-script.js'

function statuses(replies: Reply[], requests: number): (number | undefined)[] {
  const script = new ReplyScript()
  script.set(replies)
  return Array.from({ length: requests }, () => script.next().status)
}

test('without replies every answer is healthy', () => {
  expect(statuses([], 2)).toEqual([undefined, undefined])
})

test('each reply serves one request, and the last one stays', () => {
  expect(statuses([{ status: 500 }, { status: 501 }, { status: 502 }], 5)).toEqual([500, 501, 502, 502, 502])
})

test('a reply serves as many requests as it says', () => {
  expect(statuses([{ status: 500, times: 3 }, { status: 501 }], 5)).toEqual([500, 500, 500, 501, 501])
})

test('after a last reply that says how often it is given the sink is healthy', () => {
  expect(statuses([{ status: 500 }, { status: 501, times: 2 }], 5)).toEqual([500, 501, 501, undefined, undefined])
})

test('a new script starts from its beginning', () => {
  const script = new ReplyScript()
  script.set([{ status: 500, times: 2 }, { status: 501 }])
  script.next()
  script.set([{ status: 502, times: 2 }, { status: 503 }])
  expect([script.next(), script.next(), script.next()].map(({ status }) => status)).toEqual([502, 502, 503])
})

test.each([
  [{ status: 99 }, 'reply.status is 99; must be 200..599'],
  [{ fault: 'hang' }, 'reply.fault is "hang"; must be one of never, drip'],
  [{ delay: 5 }, 'a reply has no delay'],
  [{ toString: 5 }, 'a reply has no toString'],
  [{ delayMillis: -1 }, 'reply.delayMillis is -1; must be 0..2147483647'],
  [{ times: 0 }, 'reply.times is 0; must be 1..'],
  [{ body: 5 }, 'reply.body is 5; must be a string or a Uint8Array'],
  [{ bodyBytes: 0.5 }, 'reply.bodyBytes is 0.5; must be 0..'],
  [{ headers: [] }, 'reply.headers is []; must be an object'],
  [{ partialSuccess: { rejectedSpans: -1 } }, 'must be an object with rejectedSpans'],
] as [object, string][])('%j is refused, and the script before it goes on', (reply, message) => {
  const script = new ReplyScript()
  script.set([{ status: 500 }])
  expect(() => {
    script.set([reply])
  }).toThrowError(expect.objectContaining({ name: 'RangeError', message: expect.stringContaining(message) }))
  expect(script.next().status).toBe(500)
})

test('undefined is the default', () => {
  expect(statuses([{ status: undefined, fault: undefined }], 1)).toEqual([undefined])
})
