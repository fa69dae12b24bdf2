// SPDX-License-Identifier: Apache-2.0
import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api'
import { inspectSpool, replaySpool } from '@spanring/otlp-exporter/spool'
import type { ReplayProgress, SpoolOwner } from '@spanring/otlp-exporter/spool'
import { renderLeft, spansLeft } from './list.js'
import type { SpoolArguments } from './parse-arguments.js'
import { counted } from './text.js'

/** How often it says how far it is, in milliseconds. */
const SAY_MILLIS = 2000

/** The first of them ends the replay in good order; the next one ends the process, as ever. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Delivers what dead owners have left. */
export async function replay({ directory, endpoint, headers, waitMillis }: SpoolArguments): Promise<number> {
  const { stdout } = process
  const before = await inspectSpool(directory)
  if (before.every(({ state, spans, obstacle }) => state === 'running' || (spans === 0 && obstacle === undefined))) {
    stdout.write(`Nothing in ${directory} can be delivered.\n`)
    return 0
  }
  // What the exporter has to say.
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)
  stdout.write(`${counted(spansLeft(before), 'span')} in ${directory}\n`)
  const unknown = before.filter(({ state }) => state === 'unknown').length
  if (unknown > 0) stdout.write(`Of ${counted(unknown, 'owner')} it takes half a minute to know whether it is running.\n`)
  const stop = new AbortController()
  const onSignal = (): void => {
    for (const name of SIGNALS) process.off(name, onSignal)
    stdout.write('Stopping when the requests on their way are answered, in 5 s at most.\n')
    stop.abort()
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  let saidAt = Date.now()
  const onProgress = (progress: ReplayProgress): void => {
    if (Date.now() - saidAt < SAY_MILLIS) return
    saidAt = Date.now()
    stdout.write(`${renderProgress(progress)}\n`)
  }
  try {
    const result = await replaySpool({ directory, endpoint, headers, waitMillis, signal: stop.signal, onProgress })
    const after = await inspectSpool(directory)
    stdout.write(renderResult(result) + renderTakenOver(before, after, result) + renderLeft(after))
    const isLeft = after.some(({ state, spans, obstacle }) => state !== 'running' && (spans > 0 || obstacle !== undefined))
    return isLeft || sumOf(result.failed) > 0 ? 1 : 0
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
}

function renderProgress({ found, exported, failed, endpoint, down }: ReplayProgress): string {
  if (down !== undefined) return `waiting for ${endpoint}: ${down}`
  return found === 0 ? 'nothing taken over yet' : `${exported + sumOf(failed)} of ${found} spans`
}

/** A running process inherits as well. */
function renderTakenOver(before: readonly SpoolOwner[], after: readonly SpoolOwner[], result: ReplayProgress): string {
  const elsewhere = spansLeft(before) - result.exported - sumOf(result.failed) - spansLeft(after)
  return elsewhere > 0 ? `${counted(elsewhere, 'span')} were taken over by another process, which delivers them.\n` : ''
}

function renderResult({ exported, failed, endpoint }: ReplayProgress): string {
  const refused = Object.entries(failed).map(([reason, count]) => `${counted(count, 'span')} failed: ${reason}.\n`)
  return `${counted(exported, 'span')} delivered to ${endpoint}.\n${refused.join('')}`
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
