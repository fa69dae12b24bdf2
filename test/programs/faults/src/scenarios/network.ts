// SPDX-License-Identifier: Apache-2.0
// What a network does to the OTLP exporters: real sockets, a receiver in a process of its own.
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, open, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Reply } from '@spanring/sink'
import type { ExporterOptions } from '../contender.js'
import type { Lab } from '../lab/lab.js'
import { SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

/** Of one batch, in milliseconds; the processor's own time-out is longer, so that the exporter's is what is tried. */
const TIMEOUT = 1000
const PROCESSOR_TIMEOUT = 1500

/** Of a batch that is only ever refused. */
const RETRY_MILLIS = 300

const PIPELINE = { exportTimeoutMillis: PROCESSOR_TIMEOUT }

/** A flush into the fault, a flush when the backend is well again, and the end. */
async function meet(lab: Lab, reply: Reply, options: Partial<ExporterOptions> = {}): Promise<void> {
  const sink = await lab.sink({}, reply)
  const { timeoutMillis = TIMEOUT } = options
  const exportTimeoutMillis = timeoutMillis + 500
  const pipeline = lab.pipeline(await lab.otlp({ url: sink.url, timeoutMillis, ...options }), { exportTimeoutMillis })
  pipeline.end(5)
  await lab.settles('flush', () => pipeline.flush(), exportTimeoutMillis)
  await sink.script()
  const before = (await sink.stats()).delivered
  pipeline.end(5)
  await lab.settles('next flush', () => pipeline.flush(), exportTimeoutMillis)
  lab.require((await sink.stats()).delivered >= before + 5, 'the next batch does not get through')
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}

export const network: readonly Scenario[] = [
  {
    id: '9',
    isSent: true,
    title: 'The backend answers 200 and then sends the body a byte at a time, for ever',
    run: (lab) => meet(lab, { fault: 'drip', dripEveryMillis: 100 }),
  },
  {
    id: '10',
    isSent: true,
    title: 'The backend takes the request and never answers',
    run: (lab) => meet(lab, { fault: 'never' }),
  },
  {
    id: '11',
    isSent: true,
    title: 'The connection is never made: packets vanish (a listener with a full queue)',
    async run(lab) {
      const url = await lab.blackHole()
      if (url === undefined) return lab.notApplicable('this kernel accepts connections beyond the backlog')
      const pipeline = lab.pipeline(await lab.otlp({ url, timeoutMillis: TIMEOUT }), PIPELINE)
      pipeline.end(5)
      await lab.settles('flush', () => pipeline.flush(), PROCESSOR_TIMEOUT)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '12',
    isSent: true,
    title: 'All threads of the pool are blocked by files that never open; the backend is given by a name',
    run: (lab) => withBlockedPool(lab, 'localhost'),
  },
  {
    id: '13',
    isSent: true,
    title: 'All threads of the pool are blocked; the backend is given by an address, with gzip',
    run: (lab) => withBlockedPool(lab, '127.0.0.1', { compression: 'gzip' }),
  },
  {
    id: '14',
    isSent: true,
    title: 'The backend answers 400 with a body of 1 MB',
    run: (lab) => meet(lab, { status: 400, bodyBytes: 1_000_000 }),
  },
  {
    id: '15a',
    isSent: true,
    title: 'The connection breaks in the middle of the answer, once',
    run: (lab) => meet(lab, { fault: 'cut-after-headers', times: 1 }, { timeoutMillis: 2000 }),
  },
  {
    id: '15b',
    isSent: true,
    title: "The backend's process is killed (SIGKILL) with a request under way, and started again",
    async run(lab) {
      const first = await lab.sink({}, { fault: 'never' })
      const pipeline = lab.pipeline(await lab.otlp({ url: first.url, timeoutMillis: 6000 }), { exportTimeoutMillis: 7000 })
      pipeline.end(5)
      await lab.until(async () => (await first.stats()).requests > 0)
      const port = Number(new URL(first.url).port)
      await lab.kill(first)
      const second = await lab.sink({ port })
      pipeline.end(5)
      await lab.settles('flush', () => pipeline.flush(), 7000, 10_000)
      lab.require((await second.stats()).delivered > 0, 'nothing gets through to the new one')
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '16',
    isSent: true,
    title: '503 with a `Retry-After` of 3600, 0, -5, "garbage" or a date of 1970, each to an exporter of its own',
    async run(lab) {
      for (const value of ['3600', '0', '-5', 'garbage', 'Thu, 01 Jan 1970 00:00:00 GMT']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await askToRetry(lab, value)
      }
    },
  },
  {
    id: '17',
    isSent: true,
    title: '503 for ever; shutdown is called in the middle of a back-off, default options',
    async run(lab) {
      const sink = await lab.sink({}, { status: 503 })
      const pipeline = lab.pipeline(await lab.otlp({ url: sink.url }), { exportTimeoutMillis: 30_000 })
      pipeline.end(10)
      await lab.until(async () => (await sink.stats()).requests > 0)
      // Without a limit of its own: what is tried is that it does not wait for the back-off.
      await lab.settles('shutdown', () => pipeline.shutdown(10_000), 1000, 15_000)
    },
  },
]

async function askToRetry(lab: Lab, value: string): Promise<void> {
  const sink = await lab.sink({}, { status: 503, headers: { 'retry-after': value } })
  const pipeline = lab.pipeline(await lab.otlp({ url: sink.url, timeoutMillis: RETRY_MILLIS }), PIPELINE)
  pipeline.end(1)
  await lab.settles('flush', () => pipeline.flush(), PROCESSOR_TIMEOUT)
  const { requests } = await sink.stats()
  lab.require(requests <= 20, `${requests} requests within ${RETRY_MILLIS} ms with ${value}`)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}

/** The four threads of the pool open named pipes to which nobody writes; the main thread stays free. */
async function withBlockedPool(lab: Lab, host: string, options: Partial<ExporterOptions> = {}): Promise<void> {
  if (process.platform === 'win32') return lab.notApplicable('there are no named pipes that block')
  const sink = await lab.sink()
  // The code that sends is loaded through the pool, once for all exporters of a process.
  const before = lab.pipeline(await lab.otlp({ url: sink.url, timeoutMillis: 5000 }), { exportTimeoutMillis: 6000 })
  before.end(1)
  await lab.settles('flush before', () => before.flush(), 6000)
  await lab.settles('shutdown before', () => before.shutdown(), SHUTDOWN_MILLIS)
  const pipeline = lab.pipeline(
    await lab.otlp({ url: `http://${host}:${new URL(sink.url).port}/v1/traces`, timeoutMillis: TIMEOUT, ...options }),
    PIPELINE,
  )
  const dir = mkdtempSync(join(tmpdir(), 'spanring-faults-'))
  const pipes = [1, 2, 3, 4].map((number) => join(dir, `pipe-${number}`))
  execFileSync('mkfifo', pipes)
  for (const pipe of pipes) open(pipe, (_error, fd) => closeSync(fd))
  lab.onEnd(() => {
    // Opened for writing too, which lets the threads go.
    for (const pipe of pipes) closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK))
    rmSync(dir, { recursive: true })
  })
  pipeline.end(5)
  await lab.settles('flush', () => pipeline.flush(), PROCESSOR_TIMEOUT)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}
