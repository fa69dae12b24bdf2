// SPDX-License-Identifier: Apache-2.0
// A backend that does not answer, or whose address leads nowhere: however a process ends, with a spool the next one delivers all.
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { Program } from '@spanring/test-kit/program'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { startBlackHole } from '@spanring/sink'
import type { BlackHole } from '@spanring/sink'
import { afterAll, beforeAll, expect, test } from 'vitest'

const FIXTURE = new URL('fixtures/end.mjs', import.meta.url)

let hole: BlackHole | undefined
beforeAll(async () => void (hole = await startBlackHole()))
afterAll(() => hole?.close())

/** How a process ends, and its exit code. */
const ENDS_AT_ONCE = [
  ['exit later', 3],
  ['exception', 1],
] as const
/** What was sent and has no answer within its time has failed: it may have arrived. Where nothing can be sent, nothing has. */
const ENDS = {
  'is silent': ENDS_AT_ONCE,
  'leads nowhere': [...ENDS_AT_ONCE, ['shutdown later', 0], ['return later', 0]],
} as const
/** So many end before a pause, and so many after it. */
const SPANS = 1500

for (const worker of [false, true]) {
  for (const kind of ['is silent', 'leads nowhere'] as const) {
    test(`nothing is lost before a backend that ${kind}, ${worker ? 'with' : 'without'} the export thread`, async (context) => {
      if (hole === undefined) return context.skip()
      const { url: nowhere } = hole
      await Promise.all(
        ENDS[kind].map(async ([how, code]) => {
          const sink = await setupCountingSink()
          await sink.script({ fault: 'never' })
          const options = {
            url: sink.url,
            worker,
            timeoutMillis: 2000,
            concurrencyLimit: 1,
            spool: { directory: setupMissingDirectory() },
          }
          const first = JSON.stringify(kind === 'is silent' ? options : { ...options, url: nowhere })
          const ended = await new Program(FIXTURE, [how, first, String(SPANS)]).ended
          expect(ended.code, `${how}: ${ended.stderr}`).toBe(code)
          const books: unknown = JSON.parse(ended.stdout.split('\n')[0] ?? '')
          expect(books, how).toMatchObject({ ended: 2 * SPANS, pending: 0, failed: {}, dropped: 0, kept: 2 * SPANS })

          await sink.script({})
          const next = await new Program(FIXTURE, ['inherit', JSON.stringify(options), '7']).ended
          expect(next.code, `${how}: ${next.stderr}`).toBe(0)
          expect((await sink.stats()).delivered, how).toBe(2 * SPANS + 7)
        }),
      )
    })
  }
}

test('a process with several exporters ends where packets vanish, since none of them connects at certain moments', async (context) => {
  if (hole === undefined) return context.skip()
  const file = new URL('fixtures/several.mjs', import.meta.url)
  const { code, signal } = await new Program(file, [hole.url, '2']).ended

  expect({ code, signal }).toEqual({ code: 0, signal: null })
})
