// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerReader } from '../../../src/transport/answer/answer-reader.js'
import type { SeenOnWire } from '../../../src/transport/answer/answer-reader.js'

const FINAL = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'

/** What was seen after a request, and what is left for the parser, when the text arrives in these pieces. */
function read(pieces: readonly string[], reader = new AnswerReader()): { seen: SeenOnWire; passed: string } {
  reader.begin()
  const passed = pieces.map((piece) => Buffer.from(reader.take(Buffer.from(piece, 'latin1'))).toString('latin1'))
  return { seen: reader.seen, passed: passed.join('') }
}

/** The text in pieces that begin at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const starts = [0, ...places.map((place) => place % text.length).toSorted((a, b) => a - b)]
  return starts.map((start, index) => text.slice(start, starts[index + 1]))
}

test('interim answers are taken out, wherever the pieces end, and the final one is left as it is', () => {
  const interim = fc.constantFrom(
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\nlink: </b>\r\n\r\n',
    'HTTP/1.0 102 Processing\n\n',
    '\r\nHTTP/1.1 199\r\na: HTTP/1.1 200 OK\r\n\r\n',
  )
  fc.assert(
    fc.property(fc.array(interim, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 12 }), (before, places) => {
      expect(read(cut(before.join('') + FINAL, places))).toEqual({ seen: 200, passed: FINAL })
    }),
    { numRuns: 2000 },
  )
})

test('a status is seen as soon as it is there, and not before', () => {
  expect(read(['HTTP/1.1 20'])).toEqual({ seen: 'silence', passed: '' })
  expect(read(['HTTP/1.1 20', '3'])).toEqual({ seen: 203, passed: 'HTTP/1.1 203' })
  expect(read(['HTTP/1.1 100 Continue\r\n\r\n'])).toEqual({ seen: 'silence', passed: '' })
})

test('101 is left in: what follows is another protocol', () => {
  const upgrade = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n'
  expect(read([upgrade, FINAL])).toEqual({ seen: 101, passed: upgrade + FINAL })
})

test('what is no answer is seen at its first byte that cannot be one, and left as it is', () => {
  for (const text of ['HELO', '\u0000\u0000\u000c\u0004', 'HTTP/1.1 2x0 OK', 'HTTP/11', '<html>', 'http/1.1 200 OK\r\n']) {
    expect([text, read(text.split(''))]).toEqual([text, { seen: 'garbage', passed: text }])
  }
})

test('each request has an answer of its own, and what comes without one is left alone', () => {
  const reader = new AnswerReader()
  expect(Buffer.from(reader.take(Buffer.from('HTTP/1.1 100'))).toString()).toBe('HTTP/1.1 100')
  expect(reader.seen).toBe('silence')
  expect(read([FINAL, 'HTTP/1.1 100 Continue\r\n\r\n'], reader).passed).toBe(`${FINAL}HTTP/1.1 100 Continue\r\n\r\n`)
  expect(read(['HTTP/1.1 503 no\r\n\r\n'], reader).seen).toBe(503)
  expect(read(['HTTP/1.1 4'], reader).seen).toBe('silence')
  expect(read([FINAL], reader)).toEqual({ seen: 200, passed: FINAL })
})
