// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from '@spanring/sink'
import type { Program } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lastWord, lastWords } from './last-word.js'

/** How late a bound may be met, in milliseconds, on two busy cores. */
const SLACK_MILLIS = 500
const WITHOUT_LOSS = expect.not.stringContaining('not delivered') as unknown
const application = await setupApplication('sdk-2', new URL('fixtures', import.meta.url), [
  '@opentelemetry/api',
  '@opentelemetry/sdk-node',
  '@spanring/node',
  'signal-exit',
])

const sink = await setupSharedSink()

/** Takes requests of any signal and never answers. */
const silent = createServer()
beforeAll(() => once(silent.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => silent.close())

/** Metrics as well, which end with the same call, and whose exporter hangs for 10 s. */
function withHangingMetrics(): Record<string, string> {
  const { port } = silent.address() as AddressInfo
  return { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `http://127.0.0.1:${port}/v1/metrics` }
}

function start(how: string | string[], env: Record<string, string> = {}, preload: string[] = []): Program {
  return application.start(
    'end-spans.mjs',
    {
      execArgv: [...preload, '--import', '@spanring/node/register'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin, OTEL_BSP_MAX_QUEUE_SIZE: '100000', ...env },
    },
    typeof how === 'string' ? [how] : how,
  )
}

async function delivered(): Promise<number[]> {
  return (await sink.spans()).map(({ name }) => Number(name)).toSorted((a, b) => a - b)
}

describe('a process that gets SIGTERM', () => {
  test('delivers every span that ended before it, under load, and ends by the signal', async () => {
    const program = start('under load')
    const printed = await program.printed(/ended \d{4,};/)
    program.kill('SIGTERM')
    const { signal, stderr } = await program.ended

    expect(signal).toBe('SIGTERM')
    const numbers = await delivered()
    const { lost, ended } = lastWord(stderr) ?? { lost: 0, ended: numbers.length }
    // Those that ended while the end was under way.
    expect(numbers.length + lost).toBe(ended)
    expect(numbers.length).toBeGreaterThanOrEqual(Number(/\d+/.exec(printed)?.[0]))
    // No gap: whatever ended before the last one that was taken has arrived too.
    expect(numbers).toEqual(numbers.map((_, index) => index))
  })

  test('says the number of all spans that have ended, under load, if the backend never answers', async () => {
    await sink.script({ fault: 'never' })
    const program = start('under load', { SPANRING_EXIT_TIMEOUT: '1000' })
    await program.printed(/ended \d{3,};/)
    program.kill('SIGTERM')
    const { stdout, stderr } = await program.ended

    const { lost, ended, why } = lastWord(stderr) ?? {}
    expect(stderr.trimEnd().split('\n').at(-1)).toContain('not delivered')
    expect(lost).toBe(ended)
    expect(ended).toBeGreaterThanOrEqual(Number(stdout.match(/\d+(?=;)/g)?.at(-1)))
    expect(why).toContain('already_shutdown')
  })

  test.each<[string, Reply]>([
    ['never answers', { fault: 'never' }],
    ['is overloaded', { status: 503 }],
  ])('is gone within the bound if the backend %s, and says how many spans that cost', async (_what, reply) => {
    await sink.script(reply)
    const program = start('waiting', { SPANRING_EXIT_TIMEOUT: '800' })
    await program.printed('ready')
    const killedAt = performance.now()
    program.kill('SIGTERM')
    const { signal, stderr } = await program.ended

    expect(signal).toBe('SIGTERM')
    expect(performance.now() - killedAt).toBeLessThan(800 + SLACK_MILLIS)
    expect(stderr).toMatch(/^spanring: 100 of 100 spans were not delivered \(100 \w+\)$/m)
  })

  test('takes the same signal within a second for one, and delivers everything', async () => {
    await sink.script({ delayMillis: 300 })
    const program = start('waiting')
    await program.printed('ready')
    program.kill('SIGTERM')
    // As npm passes it on.
    for (const millis of [5, 30, 100]) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await sleep(millis)
      program.kill('SIGTERM')
    }

    expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(100)
  })

  test.each<[string, NodeJS.Signals, number]>([
    ['the same signal after a second', 'SIGINT', 1050],
    ['another signal', 'SIGTERM', 0],
  ])('ends at once at %s, and says what that cost', async (_what, second, afterMillis) => {
    await sink.script({ fault: 'never' })
    const program = start('waiting', { SPANRING_EXIT_TIMEOUT: '15000' })
    await program.printed('ready')
    program.kill('SIGINT')
    // The flush has begun once its request is there.
    await expect.poll(async () => (await sink.stats()).requests, { timeout: 5000 }).toBeGreaterThan(0)
    await sleep(afterMillis)
    program.kill(second)
    const { signal, stderr } = await program.ended

    expect(signal).toBe(second)
    expect(stderr).toContain('100 of 100 spans were not delivered (100 still being sent)')
  })

  test.each(['before', 'after', 'prepended', 'by itself'])(
    'is left to an application that answers its last requests and listens %s, and their spans are delivered',
    async (how) => {
      const program = start(['draining', how], {}, how === 'before' ? ['--import', './listen-first.mjs'] : [])
      const url = await program.printed(/http:\S+/)
      const answers = Promise.all([1, 2, 3].map(() => fetch(url).then(({ status }) => status)))
      await program.printed(/(asked\s+){3}/)
      program.kill('SIGTERM')

      expect(await answers).toEqual([200, 200, 200])
      expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: WITHOUT_LOSS })
      expect(await delivered()).toEqual([0, 1, 2])
    },
  )

  test('is gone within the bound when it has answered its last requests and the backend never answers', async () => {
    await sink.script({ fault: 'never' })
    const program = start(['draining', 'after', 'naturally'], { SPANRING_EXIT_TIMEOUT: '1500' })
    const url = await program.printed(/http:\S+/)
    const answer = fetch(url).then(({ status }) => status)
    await program.printed('asked')
    program.kill('SIGTERM')
    expect(await answer).toBe(200)
    const answeredAt = performance.now()

    expect(await program.ended).toMatchObject({ code: 0, signal: null })
    expect(performance.now() - answeredAt).toBeLessThan(1500 + SLACK_MILLIS)
  })

  test('ends with the code of it where the process is frozen, and delivers everything', async () => {
    const program = start('frozen')
    await program.printed('ready')
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({ code: 143, stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(100)
  })

  test('ends with the code of it where it cannot be raised again, and delivers everything', async () => {
    const program = start('forbidden')
    await program.printed('ready')
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({ code: 143, stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(100)
  })

  test('is left to an application that takes one signal for the other, and passes no name', async () => {
    const program = start('passing on')
    await program.printed('ready')
    program.kill('SIGINT')

    expect(await program.ended).toMatchObject({ code: 0, signal: null, stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(100)
  })

  test('ends by it when its own listener has raised it again, and delivers everything', async () => {
    const program = start('raising again')
    await program.printed('ready')
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(100)
  })

  test('is left to an application that listens itself, and only flushes', async () => {
    const program = start('listening')
    await program.printed('ready')
    program.kill('SIGTERM')
    await sink.waitForSpans(100)
    await program.printed('goodbye')
    program.kill('SIGUSR2')

    expect(await program.ended).toMatchObject({ code: 3, signal: null })
  })

  test.each<[string, Reply | undefined]>([
    ['is down', undefined],
    ['never answers', { fault: 'never' }],
  ])('is gone within the bound when its own listener has closed its server and the backend %s', async (_what, reply) => {
    if (reply) await sink.script(reply)
    const program = start('server', {
      ...(reply ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
      ...withHangingMetrics(),
      SPANRING_EXIT_TIMEOUT: '2000',
    })
    await program.printed('ready')
    const killedAt = performance.now()
    program.kill('SIGTERM')
    const { code, stderr } = await program.ended

    expect(performance.now() - killedAt).toBeLessThan(2000 + SLACK_MILLIS)
    expect(code).toBe(4)
    expect(stderr).toMatch(/^spanring: 100 of 100 spans were not delivered \(100 \w+\)$/m)
  })

  test('delivers everything when its own listener has closed its server, and keeps its exit code', async () => {
    const program = start('server')
    await program.printed('ready')
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({
      code: 4,
      signal: null,
      stderr: WITHOUT_LOSS,
    })
    expect(await delivered()).toHaveLength(100)
  })

  test('sends at most one request each 10 ms if it goes on', async () => {
    const program = start('going on under load')
    await program.printed('ready')
    const killedAt = performance.now()
    program.kill('SIGTERM')
    await sleep(1000)
    const { requests } = await sink.stats()
    const millis = performance.now() - killedAt
    program.kill('SIGUSR2')
    await program.ended

    expect(requests).toBeGreaterThan(1)
    expect(requests).toBeLessThanOrEqual(millis / 10 + 2)
  })

  test('sends whole batches again once it is clear that it goes on', async () => {
    const program = start('going on under load', { SPANRING_EXIT_TIMEOUT: '100', OTEL_BSP_SCHEDULE_DELAY: '60000' })
    await program.printed('ready')
    program.kill('SIGTERM')
    await sleep(600 + SLACK_MILLIS)
    const before = await sink.stats()
    await sleep(500)
    const after = await sink.stats()
    program.kill('SIGUSR2')
    await program.ended

    expect(before.requests).toBeGreaterThan(0)
    // Half a second is at most 250 spans, less than a batch; one may have begun before.
    expect(after.requests - before.requests).toBeLessThanOrEqual(1)
  })

  test('is traced on if it goes on, although the backend has not answered within the bound', async () => {
    await sink.script({ fault: 'never' }, { status: 200 })
    const program = start('going on', { SPANRING_EXIT_TIMEOUT: '400' })
    await program.printed('ready')
    program.kill('SIGTERM')
    // By then it has closed the connection.
    await expect.poll(async () => (await sink.stats()).unanswered, { timeout: 5000 }).toBe(100)
    program.kill('SIGUSR2')
    const { code, stderr } = await program.ended

    expect(code).toBe(0)
    expect(await delivered()).toEqual(Array.from({ length: 50 }, (_, index) => 100 + index))
    expect(stderr).toMatch(/^spanring: 100 of 150 spans were not delivered \(100 \w+\)$/m)
  })

  test('ends by it although the package signal-exit listens too', async () => {
    const program = start('signal-exit')
    await program.printed('ready')
    program.kill('SIGTERM')

    expect(await program.ended).toMatchObject({ signal: 'SIGTERM', stdout: expect.stringContaining('cleaned up') as unknown })
    expect(await delivered()).toHaveLength(100)
  })
})

describe('a process that ends by itself', () => {
  test('delivers what is left, also what its own listeners end in the last moment', async () => {
    const program = start('before exit')

    expect(await program.ended).toMatchObject({ code: 0, signal: null })
    expect(await delivered()).toHaveLength(200)
  })

  test.each([
    ['at once', 3],
    ['later', 3],
    ['in many rounds', 30],
  ])('delivers what its own listeners trace when nothing else has waited (%s)', async (how, spans) => {
    const program = start(['nothing before exit', how])

    expect(await program.ended).toMatchObject({ code: 0, stderr: WITHOUT_LOSS })
    expect(await delivered()).toHaveLength(spans)
  })

  test('ends although its own listener traces whenever it is called, and says what is lost', async () => {
    const { code, stderr } = await start(['nothing before exit', 'whenever it is called']).ended

    expect(code).toBe(0)
    const { lost, ended = 0 } = lastWord(stderr) ?? {}
    expect(lost).toBe(1)
    expect(ended).toBeLessThan(10)
  })

  test('is gone within the bound although the backend never answers, with its own code', async () => {
    await sink.script({ fault: 'never' })
    const program = start('server', { ...withHangingMetrics(), SPANRING_EXIT_TIMEOUT: '1500' })
    await program.printed('ready')
    const closedAt = performance.now()
    program.kill('SIGUSR2')
    const { code, signal } = await program.ended

    expect(performance.now() - closedAt).toBeLessThan(1500 + SLACK_MILLIS)
    expect({ code, signal }).toEqual({ code: 4, signal: null })
  })

  test('says what process.exit has cost', async () => {
    const { code, stderr } = await start('exit').ended

    expect(code).toBe(3)
    expect(stderr).toContain('spanring: 100 of 100 spans were not delivered (100 still queued)')
  })

  test.each([
    ['naturally', 'at once', 0],
    ['by process.exit', 'at once', 3],
    ['by process.exit', 'later', 3],
    ['by an error', 'at once', 1],
    ['by a rejection', 'at once', 1],
    ['with a listener that throws', 'at once', 1],
    ['by process.exit in a listener', 'at once', 9],
    ['where reallyExit cannot be replaced', 'at once', 0],
    ['naturally', 'after many others', 0],
    ['by process.exit', 'after many others', 3],
  ])('counts in its last word what it traces in its own exit listeners (%s, added %s)', async (way, when, expected) => {
    await sink.script({ status: 400 })
    const { code, stderr } = await start(['exit listener', way, when]).ended

    expect(code).toBe(expected)
    expect(lastWords(stderr)).toEqual([expect.stringMatching(/^spanring: 106 of 106 spans were not delivered/)])
  })

  test.each([
    ['naturally', 0, 100],
    ['by process.exit', 3, 101],
  ])('ends although somebody else wants to be last as well (%s)', async (way, expected, counted) => {
    await sink.script({ status: 400 })
    const { code, stderr } = await start(['rival', way]).ended

    expect(code).toBe(expected)
    expect(lastWords(stderr)).toEqual([expect.stringContaining(`: ${counted} of ${counted} spans were not delivered`)])
  })

  test.each(['naturally', 'by process.exit', 'by a signal'])(
    'counts in its last word what it traces where the package signal-exit calls it (%s)',
    async (way) => {
      await sink.script({ status: 400 })
      const program = start(['signal-exit listener', way])
      if (way === 'by a signal') {
        await program.printed('ready')
        program.kill('SIGTERM')
      }
      const { stderr } = await program.ended

      expect(lastWords(stderr)).toEqual([expect.stringContaining('spanring: 106 of 106 spans were not delivered')])
    },
  )

  test('counts in its last word what a worker thread traces in its own exit listeners', async () => {
    const { stderr } = await start(['worker', 'exit listener', 'by process.exit', 'at once']).ended

    expect(stderr).toContain('spanring: 106 of 106 spans were not delivered')
  })

  test('delivers what its worker threads have left', async () => {
    expect(await start('worker').ended).toMatchObject({ code: 0 })
    expect(await delivered()).toHaveLength(201)
  })
})
