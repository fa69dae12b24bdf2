// SPDX-License-Identifier: Apache-2.0
// With the export thread, whatever has ended before a process ends is sent in its `exit` event.
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { setupMissingDirectory } from '@spanring/test-kit/directory'
import { listen } from '@spanring/test-kit/servers'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { refusingUrl, setupCountingSink, setupSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'

/** How long a process may take to end after the last answer, or after its time is over, in milliseconds. */
const END_MILLIS = 150
/** How much later that may be on two busy cores, in milliseconds. */
const SLACK_MILLIS = 500

/** The file of a thread that ends as soon as it begins. */
const THROWS = fileURLToPath(new URL('fixtures/throw.cjs', import.meta.url))

interface Last {
  readonly ended: number
  readonly exported: number
  readonly pending: number
  readonly failed: Readonly<Record<string, number>>
}

function start(how: string, options: object = {}, spans = 100): Program {
  return new Program(new URL('fixtures/end.mjs', import.meta.url), [how, JSON.stringify(options), String(spans)])
}

function lastOf({ stdout, stderr }: Ended): Last {
  expect(stdout, stderr).not.toBe('')
  const { headersCalled: _, ...last } = JSON.parse(stdout) as Last & { headersCalled: number }
  return last
}

/** How often the program was asked for headers. */
function headersCalledIn({ stdout }: Ended): unknown {
  return (JSON.parse(stdout) as { headersCalled: number }).headersCalled
}

/** Of the stderr of a process that ends by an error, what is not about that error. */
function saidBeside({ stderr }: Ended): string {
  const own = /^(\s+at |\s*\^|file:|node:|Node\.js|Error: a bug|\s*throw new Error|\s*void Promise|$)/
  return stderr
    .split('\n')
    .filter((line) => !own.test(line))
    .join('\n')
}

describe('everything that ended arrives', () => {
  test.each([
    ['return', 0, 100],
    ['exit', 3, 100],
    ['exception', 1, 100],
    ['rejection', 1, 100],
    ['exit later', 3, 200],
    ['exit listener', 3, 200],
    ['exit listener, naturally', 0, 200],
    ['exit listener that exits', 9, 100],
    ['exit listener that throws', 1, 100],
    ['exit listener that flushes', 3, 100],
    ['exit listener that shuts down', 3, 100],
    ['exit while it shuts down', 3, 100],
    ['exit event without an exit', 0, 100],
  ])('%s', async (how, code, spans) => {
    const sink = await setupSink()
    const ended = await start(how, { url: sink.url, exitFlushMillis: 5000 }).ended

    expect(ended.code, ended.stderr).toBe(code)
    expect(await sink.stats()).toMatchObject({ delivered: spans, duplicates: 0 })
    expect(saidBeside(ended)).toBe('')
  })

  test.each(['return', 'exit', 'exception'])(
    'also from a backend that answers after 0.3 s, and the process ends with its answer (%s)',
    async (how) => {
      const sink = await setupSink()
      await sink.script({ delayMillis: 300 })
      // More time than usual: where all cores are busy, the thread may take half a second to start.
      const program = start(how, { url: sink.url, exitFlushMillis: 5000 })
      // The answer is sent by then.
      await sink.waitForSpans(100)
      const answeredAt = performance.now()
      const ended = await program.ended

      expect(performance.now() - answeredAt).toBeLessThan(END_MILLIS + SLACK_MILLIS)
      expect(lastOf(ended)).toEqual({ ended: 100, exported: 100, pending: 0, failed: {} })
    },
  )

  test('also if it is many batches, more than may be sent at once', async () => {
    const sink = await setupCountingSink()
    const ended = await start('exit', { url: sink.url, concurrencyLimit: 2, exitFlushMillis: 10_000 }, 30_000).ended

    expect(lastOf(ended)).toEqual({ ended: 30_000, exported: 30_000, pending: 0, failed: {} })
    expect((await sink.stats()).delivered).toBe(30_000)
  })

  test('also if it is more than may be held at once', async () => {
    const sink = await setupCountingSink()
    const options = { url: sink.url, maxBufferedBytes: 500_000, maxRequestBytes: 100_000, exitFlushMillis: 10_000 }
    const ended = await start('exit', options, 30_000).ended

    expect(lastOf(ended)).toEqual({ ended: 30_000, exported: 30_000, pending: 0, failed: {} })
    expect((await sink.stats()).delivered).toBe(30_000)
  })

  test('also while its resource is still being detected: what is known leaves', async () => {
    const sink = await setupSink()
    await start('exit', { url: sink.url, resource: true, exitFlushMillis: 5000 }).ended

    const spans = await sink.spans()
    expect(spans).toHaveLength(100)
    expect(spans[0]?.resource.attributes).toEqual({ known: 'yes' })
  })

  test('also with two exporters, which wait at the same time', async () => {
    const [one, two] = [await setupSink(), await setupSink()]
    for (const sink of [one, two]) {
      // oxlint-disable-next-line no-await-in-loop -- two
      await sink.script({ delayMillis: 500 })
    }
    const program = start('exit', { urls: [one.url, two.url], exitFlushMillis: 5000 })
    const answered = [one, two].map(async (sink) => {
      await sink.waitForSpans(100)
      return performance.now()
    })
    const [first = 0, second = 0] = await Promise.all(answered)
    await program.ended

    expect(Math.abs(first - second)).toBeLessThan(500)
  })

  test.each(['exit', 'exit later', 'exit listener'])('also from a processor that exports arrays (%s)', async (how) => {
    const sink = await setupSink()
    await start(how, { url: sink.url, simple: true, exitFlushMillis: 5000 }).ended

    expect(await sink.stats()).toMatchObject({ delivered: how === 'exit' ? 100 : 200, duplicates: 0 })
  })

  test('also compressed, and as JSON', async () => {
    const sink = await setupSink()
    await start('exit', { url: sink.url, compression: 'gzip', protocol: 'http/json', exitFlushMillis: 5000 }).ended

    expect(await sink.stats()).toMatchObject({ delivered: 100 })
  })

  test('with the headers that the application has made last, if it cannot make others in time', async () => {
    const tokens: unknown[] = []
    const server = createServer((request, response) => {
      tokens.push(request.headers['x-token'])
      request.resume().on('end', () => response.end())
    })
    const url = `http://127.0.0.1:${await listen(server)}/`
    const ended = await start('exit, headers known', { url, headers: 'once', exitFlushMillis: 5000 }).ended

    expect(lastOf(ended)).toMatchObject({ ended: 200, exported: 200 })
    expect(tokens).toEqual(['first', 'first'])
  })
})

describe('what cannot arrive is counted, and the process ends', () => {
  test.each(['return', 'exit', 'exception', 'exit later'])('at once where nobody listens (%s)', async (how) => {
    const url = await refusingUrl()
    const startedAt = performance.now()
    const ended = await start(how, { url, exitFlushMillis: 5000 }).ended

    const { failed, ...last } = lastOf(ended)
    const count = how === 'exit later' ? 200 : 100
    expect(last).toEqual({ ended: count, exported: 0, pending: 0 })
    expect(failed).toEqual({ connection: count })
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test('at once if batches wait behind the one that meets the outage', async () => {
    const startedAt = performance.now()
    const ended = await start('return in an outage', { url: await refusingUrl(), exitFlushMillis: 5000 }, 600).ended

    expect(lastOf(ended)).toEqual({ ended: 1800, exported: 0, pending: 0, failed: { connection: 1800 } })
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('at once if a part of a batch waits for the backend to return', async () => {
    const sink = await setupCountingSink()
    await sink.script({ status: 413 }, { status: 503 })
    const startedAt = performance.now()
    const ended = await start('return later', { url: sink.url, exitFlushMillis: 5000 }, 600).ended

    expect(lastOf(ended)).toEqual({ ended: 600, exported: 0, pending: 0, failed: { http_503: 600 } })
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  test('once its time is over if nobody answers; the rest is still under way then', async () => {
    const sink = await setupSink()
    await sink.script({ fault: 'never' })
    const program = start('exit later', { url: sink.url, exitFlushMillis: 1000 })
    await expect.poll(async () => (await sink.stats()).requests, { timeout: 5000 }).toBeGreaterThan(0)
    const requestedAt = performance.now()
    const ended = await program.ended

    expect(performance.now() - requestedAt).toBeLessThan(1000 + END_MILLIS + SLACK_MILLIS)
    expect(lastOf(ended)).toEqual({ ended: 200, exported: 0, pending: 200, failed: {} })
  })

  test('whose answer the exporter has reported right before, and the processor has not heard of', async () => {
    const sink = await setupSink()
    await sink.script({ delayMillis: 100 })
    const ended = await start('exit, answer known', { url: sink.url, exitFlushMillis: 5000 }).ended

    expect(lastOf(ended)).toEqual({ ended: 200, exported: 200, pending: 0, failed: {} })
  })

  test('in a request that is under way when nothing else is left to do, however long that takes', async () => {
    const sink = await setupCountingSink()
    await sink.script({ delayMillis: 1500 })
    // What does not fill a batch is sent in the `exit` event, and that is over before it is answered.
    const ended = await start('return later', { url: sink.url, exitFlushMillis: 100 }, 600).ended

    expect(lastOf(ended)).toEqual({ ended: 600, exported: 512, pending: 88, failed: {} })
  })

  test('with headers that the application makes at once, although it was never asked before', async () => {
    const sink = await setupSink()
    const ended = await start('exit', { url: sink.url, headers: 'now', exitFlushMillis: 20_000 }).ended

    expect(lastOf(ended)).toEqual({ ended: 100, exported: 100, pending: 0, failed: {} })
  })

  test('at once if no headers were ever made for it', async () => {
    const sink = await setupSink()
    const ended = await start('exit', { url: sink.url, headers: 'never', exitFlushMillis: 20_000 }).ended

    expect(lastOf(ended)).toEqual({ ended: 100, exported: 0, pending: 0, failed: { headers: 100 } })
  })

  test.each([
    ['takes them', undefined],
    ['cannot be started', THROWS],
  ] as const)('and ends, if with a spool the thread %s', async (_what, file) => {
    const options = { headers: 'never', spool: { directory: setupMissingDirectory() }, ...(file && { worker: { file } }) }
    const ended = await start('exit', { url: await refusingUrl(), ...options, exitFlushMillis: 100 }).ended

    expect(ended.code).toBe(3)
    expect(lastOf(ended)).toMatchObject({ ended: 100, exported: 0 })
  })

  test('every one of them, however many, without headers', async () => {
    const ended = await start('exit', { url: await refusingUrl(), headers: 'never', concurrencyLimit: 2 }, 30_000).ended

    expect(lastOf(ended)).toEqual({ ended: 30_000, exported: 0, pending: 0, failed: { headers: 30_000 } })
  })

  test.each([
    ['return', 0],
    ['exit', 3],
  ])('without harm to the application if the headers cannot be made (%s)', async (how, code) => {
    const sink = await setupSink()
    const ended = await start(how, { url: sink.url, headers: 'rejects', exitFlushMillis: 20_000 }).ended

    expect(ended.code, ended.stderr).toBe(code)
    expect(saidBeside(ended)).toBe('')
    expect(lastOf(ended).failed).toEqual({ headers: 100 })
    // The exit task runs twice, before the listeners of the application and after them.
    expect(headersCalledIn(ended)).toBe(1)
  })

  test('at once after a shutdown', async () => {
    const sink = await setupSink()
    const ended = await start('exit after a shutdown', { url: sink.url, exitFlushMillis: 20_000 }).ended

    expect(lastOf(ended)).toMatchObject({ ended: 200, exported: 100, pending: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 100 })
  })
})
