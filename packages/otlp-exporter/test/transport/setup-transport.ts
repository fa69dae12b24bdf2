// SPDX-License-Identifier: Apache-2.0
import { onTestFinished } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { resolveOptions } from '../../src/config/settings.js'
import type { BatchOutcome } from '../../src/span-batch.js'
import type { BackendChange } from '../../src/transport/retry/backend.js'
import type { FinishedExport } from '../../src/transport/transport-hooks.js'
import { Transport } from '../../src/transport/transport.js'
import type { Internals } from '../../src/transport/transport.js'
import { PlainBatch } from './plain-batch.js'

/** What a test adds to a bound: the project's own slack, and what two busy cores add. */
const SLACK_MILLIS = 100 + 250

/** A transport that is shut down when the test is over, and the hurried caller of it. */
export function setupTransport(options: OTLPTraceExporterOptions, internals: Internals & { env?: Record<string, string> } = {}) {
  const { env = {}, ...rest } = internals
  const changes: BackendChange[] = []
  const finished: FinishedExport[] = []
  const counts = { attempts: 0, inFlight: 0 }
  /** When the requests started. */
  const attemptTimes: number[] = []
  const hooks = {
    onStart: (spanCount: number) => void (counts.inFlight += spanCount),
    onAttempt: () => {
      counts.attempts += 1
      attemptTimes.push(performance.now())
    },
    onEnd: (end: FinishedExport) => {
      counts.inFlight -= end.spanCount
      finished.push(end)
    },
    onBackendChange: (change: BackendChange) => void changes.push(change),
  }
  const settings = resolveOptions(options, env)
  const transport = new Transport(settings, hooks, rest)
  const closing = new AbortController()
  const signal = new AbortController()

  const send = (batch: PlainBatch | number = 1, millis = Infinity): Promise<BatchOutcome> =>
    transport.sendBatch(typeof batch === 'number' ? new PlainBatch(batch) : batch, {
      at: performance.now() + millis,
      signal: signal.signal,
      closing: closing.signal,
    })
  const within = (millis: number) => ({ at: performance.now() + millis })
  onTestFinished(() => transport.shutdown(within(0)))
  return { transport, settings, changes, finished, counts, attemptTimes, closing, signal, send, within }
}

/**
 * What the work comes to, if it does so in time. In time by a timer of this process, which a stalled machine delays as
 * much as it delays the work.
 */
export async function settledWithin<T>(millis: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    const fail = (): void => reject(new Error(`not settled within ${millis} ms`))
    timer = setTimeout(() => setImmediate(() => setImmediate(fail)), millis + SLACK_MILLIS)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Sockets and pipes of this process that are neither free nor closing, as far as Node.js tells. */
export function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Pipe|GetAddrInfo/.test(name))
}
