// SPDX-License-Identifier: Apache-2.0
import { fault } from './finding.js'
import type { Finding } from './finding.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Who means milliseconds sets no time-out that one collection of garbage may exceed. */
const LEAST_MILLIS = 100

/** The first that is set is the one that counts. */
const OF_EXPORTER = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']

/** A time-out that is set. */
interface TimeLimit {
  readonly variable: string
  readonly millis: number
}

/** Those that anything reads; of two of which one beats the other, the one that counts. */
function timeLimits(env: Environment, read: readonly string[]): TimeLimit[] {
  const exporter = OF_EXPORTER.find((name) => env[name]?.trim())
  return [...(exporter === undefined ? [] : [exporter]), 'OTEL_BSP_EXPORT_TIMEOUT', 'SPANRING_EXIT_TIMEOUT']
    .map((variable) => ({ variable, millis: Number(env[variable]?.trim() || NaN) }))
    .filter(({ variable, millis }) => read.includes(variable) && millis > 0)
}

/** What was most likely meant as seconds. */
export function checkTimeLimits(env: Environment, read: readonly string[]): Finding[] {
  return timeLimits(env, read)
    .filter(({ millis }) => millis < LEAST_MILLIS)
    .map(({ variable, millis }) =>
      fault(`${variable} is ${millis} ms; the unit is milliseconds.`, `If ${millis} s are meant, set it to ${millis * 1000}.`),
    )
}

/** The time-out that an export meets first; undefined if none is set. */
export function exportLimit(env: Environment, read: readonly string[]): TimeLimit | undefined {
  const limits = timeLimits(env, read).filter(({ variable }) => variable !== 'SPANRING_EXIT_TIMEOUT')
  return limits.toSorted((a, b) => a.millis - b.millis)[0]
}
