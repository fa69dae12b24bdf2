// SPDX-License-Identifier: Apache-2.0
// However a process ends while the backend is down: with a spool, the next one delivers what it has left.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { setupCountingSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'

const FIXTURE = new URL('fixtures/end.mjs', import.meta.url)

function start(how: string, options: object, spans = 300): Promise<Ended> {
  return new Program(FIXTURE, [how, JSON.stringify(options), String(spans)]).ended
}

function linesOf({ stdout, stderr }: Ended): Record<string, unknown>[] {
  expect(stdout, stderr).not.toBe('')
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** How a process ends, its exit code, and the spans that it has ended. */
type End = readonly [how: string, code: number | null, spans: number]

const ENDS: readonly End[] = [
  ['return later', 0, 600],
  ['shutdown', 0, 300],
  ['shutdown later', 0, 600],
  ['SIGTERM', 0, 600],
  // Without the thread, the code that sends is not loaded yet when a process exits at once.
  ['exit', 3, 300],
  ['exit later', 3, 600],
  ['exception', 1, 600],
  ['kill', null, 300],
]
/** How many processes run at once: most of the time they wait. */
const AT_ONCE = 4

async function survives([how, code, spans]: End, worker: boolean): Promise<void> {
  const sink = await setupCountingSink()
  // More time than usual: on a busy machine the thread may take half a second to start.
  const options = { url: sink.url, worker, exitFlushMillis: 5000, spool: { directory: setupMissingDirectory() } }
  await sink.stopListening()
  const ended = await start(how, options)
  expect(ended.code, `${how}: ${ended.stderr}`).toBe(code)
  if (how !== 'kill') {
    const books = { ended: spans, exported: 0, pending: 0, stored: spans, kept: spans, failed: {}, dropped: 0 }
    expect(linesOf(ended)[0], how).toEqual(books)
  }

  await sink.listenAgain()
  const next = await start('inherit', options, 7)
  expect(next.code, `${how}: ${next.stderr}`).toBe(0)
  expect(linesOf(next), how).toContainEqual({ inherited: { found: spans, exported: spans, failed: {} } })
  expect(await sink.stats(), how).toMatchObject({ delivered: spans + 7, deliveredTwice: 0 })
  expect(next.stderr, how).toContain(`${spans} spans of another process`)
}

for (const worker of [false, true]) {
  test(`spans that wait for a backend survive the process ${worker ? 'with' : 'without'} the export thread, however it ends`, async () => {
    for (let i = 0; i < ENDS.length; i += AT_ONCE) {
      // oxlint-disable-next-line no-await-in-loop -- so many at once
      await Promise.all(ENDS.slice(i, i + AT_ONCE).map((end) => survives(end, worker)))
    }
  })

  test(`what a process has stored and what it has inherited arrive ${worker ? 'with' : 'without'} the export thread`, async () => {
    const sink = await setupCountingSink()
    const options = { url: sink.url, worker, spool: { directory: setupMissingDirectory() } }
    await sink.stopListening()
    await start('shutdown', options, 1200)
    const program = new Program(FIXTURE, ['inherit in the outage', JSON.stringify(options), '1200'])
    await program.printed('waits')
    await sink.listenAgain()
    const ended = await program.ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toContain('"inherited":{"found":1200,"exported":1200,"failed":{}}')
    expect(await sink.stats()).toMatchObject({ delivered: 2400, deliveredTwice: 0 })
  })

  test(`a process that meets no outage makes no file ${worker ? 'with' : 'without'} the export thread`, async () => {
    const sink = await setupCountingSink()
    const directory = setupMissingDirectory()
    for (const how of ['shutdown', 'shutdown later']) {
      const ended = await start(how, { url: sink.url, worker, spool: { directory } })
      expect(ended.code, ended.stderr).toBe(0)
    }
    expect((await sink.stats()).delivered).toBe(900)
    expect(existsSync(directory)).toBe(false)
  })
}

test('spans survive a process whose export thread was given up, so that it sends them itself', async () => {
  const sink = await setupCountingSink()
  await sink.stopListening()
  for (const [how, code] of [
    ['exit later', 3],
    ['exception', 1],
    ['return later', 0],
  ] as const) {
    const worker = { file: fileURLToPath(new URL('../export-thread/fixtures/throw.cjs', import.meta.url)) }
    // oxlint-disable-next-line no-await-in-loop -- each leaves a spool of its own
    const ended = await start(how, { url: sink.url, worker, spool: { directory: setupMissingDirectory() } })
    expect(ended.code, `${how}: ${ended.stderr}`).toBe(code)
    expect(ended.stderr).toContain('spans are sent from this thread')
    const books = { ended: 600, exported: 0, pending: 0, stored: 600, kept: 600, failed: {}, dropped: 0 }
    expect(linesOf(ended)[0], how).toEqual(books)
  }
})

test('only the owner may read what is written, and no header is in it', async () => {
  const sink = await setupCountingSink()
  await sink.stopListening()
  const directory = setupMissingDirectory()
  const headers = { authorization: 'Bearer hush-hush' }
  const ended = await start('shutdown', { url: sink.url, headers, spool: { directory } })
  expect(linesOf(ended)[0]).toMatchObject({ kept: 300 })
  const modes: Record<string, string> = {}
  const walk = (path: string): void => {
    const { mode } = statSync(path)
    modes[(mode & 0o777).toString(8)] = path
    if (statSync(path).isDirectory()) for (const name of readdirSync(path)) walk(join(path, name))
    else expect(readFileSync(path, 'latin1')).not.toContain('hush-hush')
  }
  walk(directory)
  expect(Object.keys(modes).toSorted()).toEqual(['600', '700'])
})
