// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import type { Deadline, StoredOutcome } from '@spanring/core'
import type { BufferedBatch } from '../src/buffered-batch.js'
import type { BatchOutcome, SpanBatch } from '../src/span-batch.js'
import { ArrayExports } from '../src/array-exports.js'
import { endedSpans } from './ended-span.js'

type AddResult = ReturnType<SpanBatch['add']>
type Span = ReturnType<typeof endedSpans>[number]

const CLOSING = new AbortController().signal

/** What `ArrayExports` sees of an exporter: batches that take so many spans, and a clock that only `add` moves on. */
function setup(
  options: {
    /** How many batches there may be, until `freeRoom` allows more. */
    batches?: number
    room?: number
    millisPerSpan?: number
    resultOf?: (span: Span) => AddResult
    outcomeOf?: (batch: number, count: number) => BatchOutcome
    /** Spans are stored, and this is told of them in the same call. */
    storedAs?: StoredOutcome
  } = {},
) {
  const { room = Infinity, millisPerSpan = 0, resultOf, outcomeOf, storedAs } = options
  const log: string[] = []
  let { batches = Infinity } = options
  let now = 0
  let opened = 0
  let wake = (): void => {}
  let runOut = (): void => {}
  const openBatch = (onRoom: () => void): BufferedBatch | undefined => {
    wake = onRoom
    if (opened === batches) return undefined
    const number = opened++
    let spanCount = 0
    const batch = {
      get spanCount() {
        return spanCount
      },
      add(span: Span): AddResult {
        now += millisPerSpan
        const result = resultOf?.(span) ?? 'added'
        if (result !== 'added') return result
        if (spanCount === room) return 'full'
        spanCount++
        return 'added'
      },
      send(deadline: Deadline): Promise<BatchOutcome> {
        log.push(`send ${spanCount}${Number.isFinite(deadline.at) ? ` by ${deadline.at}` : ''}`)
        if (storedAs !== undefined) {
          deadline.onStoredOutcome?.(storedAs)
          return Promise.resolve({ exported: 0, failed: {}, stored: spanCount })
        }
        return Promise.resolve(outcomeOf?.(number, spanCount) ?? { exported: spanCount, failed: {} })
      },
      discard: () => void log.push('discard'),
    }
    return batch as unknown as BufferedBatch
  }
  const refused: Record<string, number> = {}
  const exports = new ArrayExports({
    openBatch,
    now: () => now,
    nextIteration: () => {
      log.push('turn')
      return Promise.resolve()
    },
    inTime: async (_deadline, event) => {
      log.push('wait')
      return Promise.race([event.then(() => true), new Promise<boolean>((resolve) => (runOut = () => resolve(false)))])
    },
    onRefused: (reason, count) => (refused[reason] = (refused[reason] ?? 0) + count),
  })
  const run = (spans: number | Span[], at = Infinity): Promise<Error | undefined> =>
    exports.export(typeof spans === 'number' ? endedSpans(spans) : spans, { at, signal: CLOSING, closing: CLOSING })
  const quietly = (): void => void batches++
  const freeRoom = Object.assign(
    () => {
      quietly()
      wake()
    },
    { quietly },
  )
  return { run, log, refused, freeRoom, runOut: () => runOut(), opened: () => opened, exports }
}

/** Lets everything happen that waits for nothing but a turn. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('an array that fits goes out as one batch, in one stretch', async () => {
  const { run, log } = setup()
  expect(await run(512)).toBeUndefined()
  expect(log).toEqual(['send 512'])
})

test('encoding gives the event loop a turn after each stretch of half a millisecond', async () => {
  const { run, log } = setup({ millisPerSpan: 0.05 })
  expect(await run(64)).toBeUndefined()
  // The clock is looked at after every eighth span, and 16 of them are 0.8 ms.
  expect(log).toEqual(['turn', 'turn', 'turn', 'send 64'])
})

test('an array that does not fit goes out in several batches, each sent when the next span finds it full', async () => {
  const { run, log } = setup({ room: 10 })
  expect(await run(25)).toBeUndefined()
  expect(log).toEqual(['send 10', 'send 10', 'send 5'])
})

test('what can never be sent is counted by its reason, and the others go out', async () => {
  const spans = endedSpans(5)
  const results: AddResult[] = ['added', 'rejected', 'too_large', 'too_large', 'added']
  const { run, log, refused } = setup({ resultOf: (span) => results[spans.indexOf(span)] ?? 'full' })
  expect(await run(spans)).toEqual(new Error('1 span cannot be sent: invalid trace or span id'))
  expect(refused).toEqual({ rejected: 1, too_large: 2 })
  expect(log).toEqual(['send 2'])
})

test('a batch of nothing but rejected spans is not sent', async () => {
  const { run, log, refused } = setup({ resultOf: () => 'too_large' })
  expect(await run(7)).toEqual(new Error('7 spans cannot be sent: larger than maxRequestBytes or maxBufferedBytes'))
  expect(refused).toEqual({ too_large: 7 })
  expect(log).toEqual(['discard'])
})

test('an empty array opens no batch', async () => {
  const { run, opened } = setup()
  expect(await run(0)).toBeUndefined()
  expect(opened()).toBe(0)
})

test.each<readonly [what: string, storedAs: StoredOutcome, error: object | undefined]>([
  ['delivered', { exported: 3, failed: {} }, undefined],
  ['left for another process', { exported: 1, failed: {}, kept: 2 }, { code: 'stored' }],
  ['refused', { exported: 2, failed: { http: 1 }, error: new Error('400') }, { message: '400' }],
  ['lost by the disk', { exported: 2, failed: { spool_unreadable: 1 } }, { code: 'spool_unreadable' }],
])('an array whose stored spans are %s says so', async (_what, storedAs, error) => {
  const { run } = setup({ storedAs })
  const result = await run(3)
  if (error === undefined) expect(result).toBeUndefined()
  else expect(result).toMatchObject(error)
})

test('of several batches the first error is the one', async () => {
  const { run } = setup({
    room: 10,
    outcomeOf: (batch, count) =>
      batch === 1
        ? { exported: count, failed: {} }
        : { exported: 1, failed: { timeout: count - 1 }, error: new Error(`batch ${batch}`) },
  })
  expect(await run(30)).toEqual(new Error('batch 0'))
})

describe('without room', () => {
  test('an array waits within its deadline, and goes on where it was', async () => {
    const { run, log, freeRoom } = setup({ room: 10, batches: 2 })
    const ended = run(25)
    await settle()
    expect(log).toEqual(['send 10', 'send 10', 'wait'])
    freeRoom()
    expect(await ended).toBeUndefined()
    expect(log).toEqual(['send 10', 'send 10', 'wait', 'send 5'])
  })

  test('the rest of an array is given up when its time is over, and the next one has its turn', async () => {
    const { run, log, refused, runOut, freeRoom } = setup({ room: 10, batches: 1 })
    const first = run(25)
    await settle()
    runOut()
    expect(await first).toEqual(new Error('no room: maxBufferedBytes of encoded spans are waiting to be sent'))
    expect(refused).toEqual({ buffer_full: 15 })
    const second = run(5)
    await settle()
    freeRoom()
    expect(await second).toBeUndefined()
    expect(log).toEqual(['send 10', 'wait', 'wait', 'send 5'])
  })

  test('for a single span in an empty batch waits as well', async () => {
    let result: AddResult = 'full'
    const { run, log, freeRoom } = setup({ resultOf: () => result })
    const ended = run(1)
    await settle()
    expect(log).toEqual(['wait'])
    result = 'added'
    freeRoom()
    expect(await ended).toBeUndefined()
    expect(log).toEqual(['wait', 'send 1'])
  })

  test('no more than 2,048 spans wait as objects: others are refused at once', async () => {
    const { run, refused, freeRoom, log } = setup({ batches: 0 })
    const first = run(2000)
    await settle()
    const others = [run(48), run(1), run(500)]
    expect(await others[1]).toBeInstanceOf(Error)
    expect(await others[2]).toBeInstanceOf(Error)
    expect(refused).toEqual({ buffer_full: 501 })
    freeRoom()
    expect(await first).toBeUndefined()
    await settle()
    freeRoom()
    expect(await others[0]).toBeUndefined()
    expect(log).toEqual(['wait', 'send 2000', 'wait', 'send 48'])
  })

  test('the end gives up who waits and who queues behind, and sends what is encoded', async () => {
    const { run, log, refused, freeRoom, exports } = setup({ room: 10, batches: 1 })
    const ended = [run(15), run(7)]
    await settle()
    freeRoom.quietly()
    exports.close()
    const error = new Error('the exporter was shut down before there was room')
    expect(await Promise.all(ended)).toEqual([error, error])
    expect(refused).toEqual({ shutdown: 12 })
    expect(log).toEqual(['send 10', 'wait'])
  })

  test('the end in the middle of an array sends what there is of it, and refuses the others', async () => {
    const { run, log, refused, exports } = setup({ millisPerSpan: 0.1 })
    const ended = run(64)
    await Promise.resolve()
    await Promise.resolve()
    exports.close()
    expect(await ended).toBeInstanceOf(Error)
    const sent = Number(/^send (\d+)$/.exec(log.at(-1) ?? '')?.[1])
    expect(sent).toBeGreaterThan(0)
    expect(refused).toEqual({ shutdown: 64 - sent })
  })

  test('an array of more than that waits, and nothing that comes while it does', async () => {
    const { run, refused, log, freeRoom } = setup({ room: 2900, batches: 1 })
    const large = run(3000)
    await settle()
    expect(log).toEqual(['send 2900', 'wait'])
    expect(await run(1)).toBeInstanceOf(Error)
    freeRoom()
    expect(await large).toBeUndefined()
    expect(refused).toEqual({ buffer_full: 1 })
    expect(log).toEqual(['send 2900', 'wait', 'send 100'])
  })

  test('an array does not wait while more than that queue behind it', async () => {
    const { run, refused, log, freeRoom } = setup({ batches: 0 })
    const [first, second] = [run(10), run(2049)]
    expect(await first).toBeInstanceOf(Error)
    await settle()
    expect(refused).toEqual({ buffer_full: 10 })
    freeRoom()
    expect(await second).toBeUndefined()
    expect(log).toEqual(['wait', 'send 2049'])
  })
})

describe('arrays of one span that queue', () => {
  test('share a batch, up to as many spans as a batch has', async () => {
    const { run, log } = setup()
    const ended = await Promise.all(Array.from({ length: 1100 }, () => run(1)))
    expect(ended.every((error) => error === undefined)).toBe(true)
    expect(log).toEqual(['send 512', 'send 512', 'send 76'])
  })

  test('give the event loop its turns between them, and share the batch across these', async () => {
    const { run, log } = setup({ millisPerSpan: 0.125 })
    await Promise.all(Array.from({ length: 16 }, () => run(1)))
    expect(log).toEqual(['turn', 'turn', 'turn', 'turn', 'send 16'])
  })

  test('and came later than 100 ms do not: the batch has the deadline of its first', async () => {
    const { run, log } = setup()
    await Promise.all([run(1, 1000), run(1, 1100), run(1, 1101), run(1, 1150)])
    expect(log).toEqual(['send 2 by 1000', 'send 2 by 1101'])
  })

  test('have a deadline of their own when the one before was given up in an empty batch', async () => {
    let result: AddResult = 'full'
    const { run, log, runOut } = setup({ resultOf: () => result })
    const first = run(1, 1000)
    const second = run(1, 1095)
    await settle()
    result = 'added'
    runOut()
    expect(await first).toBeInstanceOf(Error)
    expect(await second).toBeUndefined()
    expect(log).toEqual(['wait', 'discard', 'send 1 by 1095'])
  })

  test('share its outcome too', async () => {
    const error = new Error('partly')
    const { run } = setup({ outcomeOf: (_batch, count) => ({ exported: count - 1, failed: { rejected: 1 }, error }) })
    expect(await Promise.all([run(1), run(1)])).toEqual([error, error])
  })

  test('share it with no larger array: somebody chose the size of that', async () => {
    const { run, log } = setup()
    await Promise.all([run(1), run(1), run(2), run(1), run(100), run(100), run(1)])
    expect(log).toEqual(['send 2', 'send 2', 'send 1', 'send 100', 'send 100', 'send 1'])
  })

  test('and are refused leave what is open to be sent', async () => {
    const { run, log } = setup({ resultOf: (span) => (span.name.length > 10 ? 'too_large' : 'added') })
    const [first, second] = await Promise.all([run(1), run(endedSpans(1, 20))])
    expect(first).toBeUndefined()
    expect(second).toBeInstanceOf(Error)
    expect(log).toEqual(['send 1'])
  })

  test('with one that cannot be read are sent, and hold nobody up', async () => {
    const { run, log, exports } = setup()
    const spans = endedSpans(1)
    Object.defineProperty(spans, 0, {
      get() {
        throw new Error('hostile')
      },
    })
    const results = await Promise.allSettled([run(1), run(spans), run(1)])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(log).toEqual(['send 2'])
    await exports.encoded
  })
})
