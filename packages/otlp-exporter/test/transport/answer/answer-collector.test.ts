// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { AnswerCollector } from '../../../src/transport/answer/answer-collector.js'
import { AnswerWatch } from '../../../src/transport/answer/answer-watch.js'
import type { Answer } from '../../../src/transport/answer/answer.js'

const EXCERPT_BYTES = 16 * 1024

/** A collector that has seen the status, and what it comes to. */
function setupCollector(status: number, maxBytes: number) {
  const answers: Answer[] = []
  const aborts: Error[] = []
  const controller = { abort: (error: Error) => void aborts.push(error) } as unknown as Dispatcher.DispatchController
  const collector = new AnswerCollector(maxBytes, new AnswerWatch(), (answer) => void answers.push(answer))
  collector.onRequestStart(controller)
  collector.onResponseStart(controller, status, {})
  return { collector, answers, aborts, give: (chunk: Buffer) => collector.onResponseData(controller, chunk) }
}

test('a body is the same in whatever pieces it comes, up to the limit', () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 40 })
  fc.assert(
    fc.property(pieces, fc.constantFrom(200, 400), fc.integer({ min: 1, max: 600 }), (chunks, status, maxBytes) => {
      const { collector, answers, aborts, give } = setupCollector(status, maxBytes)
      // A chunk is a view of memory that belongs to somebody else.
      for (const chunk of chunks) {
        const view = Buffer.from(chunk)
        give(view)
        view.fill(0)
      }
      collector.onResponseEnd()
      const all = Buffer.concat(chunks)
      const isOver = all.byteLength > maxBytes
      expect(answers).toHaveLength(1)
      expect(answers[0]?.end).toBe(isOver ? (status === 200 ? 'over-limit' : 'excerpt') : 'whole')
      expect(aborts.length).toBe(isOver ? 1 : 0)
      const body = isOver && status === 200 ? Buffer.alloc(0) : all.subarray(0, maxBytes)
      expect(answers[0]?.body.equals(body)).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('of an answer that is no success the beginning is read', () => {
  const { answers, give } = setupCollector(500, 4 * EXCERPT_BYTES)
  for (let count = 0; count < 20; count++) give(Buffer.alloc(1000, count))
  expect(answers).toMatchObject([{ end: 'excerpt', seen: 500 }])
  expect(answers[0]?.body.byteLength).toBe(EXCERPT_BYTES)
})

test('the pieces themselves are not kept: a body of a million chunks is no larger than one of one', async () => {
  const { collector, answers, give } = setupCollector(200, 10_000)
  const pieces = Array.from({ length: 100 }, () => {
    const piece = Buffer.from('x')
    give(piece)
    return new WeakRef(piece)
  })
  // What was made in this turn is kept for the rest of it.
  await new Promise((resolve) => void setImmediate(resolve))
  globalThis.gc?.()
  expect(pieces.filter((piece) => piece.deref() !== undefined)).toEqual([])
  collector.onResponseEnd()
  expect(answers[0]?.body.byteLength).toBe(100)
})
