// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { forkSink } from '@spanring/sink'
import autocannon from 'autocannon'
import { exampleFile } from './example.js'
import type { AppLoad } from './load.js'
import type { AppMessage } from './run-application.js'
import { preloadOf } from './telemetry.js'
import type { Telemetry } from './telemetry.js'

export interface AppRun {
  readonly load: string
  readonly telemetry: Telemetry
  readonly round: number
  /** Without the warm-up. */
  readonly seconds: number
  readonly requestsPerSecond: number
  /** In milliseconds. */
  readonly latency: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number }
  /** Requests without an answer of 2xx. */
  readonly failedRequests: number
  /** Time of the main thread on a processor; undefined where the kernel does not tell, and in older results. */
  readonly mainMillisPerRequest?: number | undefined
  readonly cpuMillisPerRequest: number
  readonly rssBytes: number
  /** Spans, with the warm-up. */
  readonly ended: number
  readonly delivered: number
}

export interface AppSeconds {
  readonly warmup: number
  readonly measured: number
}

/** One application in a process of its own, the load from this one, the receiver in a third. */
export async function playApplication(load: AppLoad, telemetry: Telemetry, round: number, seconds: AppSeconds): Promise<AppRun> {
  const sink = await forkSink({ keep: 'count' })
  const preloads = telemetry === 'off' ? [] : [new URL('run-preload.js', import.meta.url).href, exampleFile(preloadOf(telemetry))]
  const child = fork(fileURLToPath(new URL('run-application.js', import.meta.url)), [load.part], {
    execArgv: preloads.flatMap((file) => ['--import', file]),
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: sink.url,
      SPANRING_WORKER: String(telemetry === 'thread'),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  try {
    const started = await message(child, 'started')
    await fire(load, started.url, seconds.warmup)
    child.send('measure')
    const result = await fire(load, started.url, seconds.measured)
    const finished = message(child, 'finished')
    child.send('finish')
    const { ended, mainMillis, cpuMillis, rssBytes } = await finished
    const { delivered, deliveredTwice } = await sink.stats()
    const { latency, requests, errors, timeouts, non2xx } = result
    return {
      load: load.name,
      telemetry,
      round,
      seconds: seconds.measured,
      requestsPerSecond: requests.total / result.duration,
      latency: { p50: latency.p50, p99: latency.p99, p999: latency.p99_9, max: latency.max },
      failedRequests: errors + timeouts + non2xx,
      mainMillisPerRequest: mainMillis === undefined ? undefined : mainMillis / requests.total,
      cpuMillisPerRequest: cpuMillis / requests.total,
      rssBytes,
      ended,
      delivered: delivered - deliveredTwice,
    }
  } finally {
    child.kill('SIGKILL')
    await sink.close()
  }
}

function fire(
  { path, method, body, connections, perSecond }: AppLoad,
  url: string,
  duration: number,
): Promise<autocannon.Result> {
  return autocannon({
    url: url + path,
    method,
    connections,
    duration,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    ...(perSecond === undefined ? {} : { overallRate: perSecond }),
  })
}

async function message<Kind extends AppMessage['kind']>(
  child: ChildProcess,
  kind: Kind,
): Promise<Extract<AppMessage, { kind: Kind }>> {
  const exit = new AbortController()
  const gone = once(child, 'exit', { signal: exit.signal }).then(([code]): never => {
    throw new Error(`the application ended with ${String(code)}`)
  })
  gone.catch(() => {})
  try {
    const [received] = (await Promise.race([once(child, 'message', { signal: exit.signal }), gone])) as [AppMessage]
    if (received.kind !== kind) throw new Error(`the application says ${received.kind}, not ${kind}`)
    return received as Extract<AppMessage, { kind: Kind }>
  } finally {
    exit.abort()
  }
}
