// SPDX-License-Identifier: Apache-2.0
import { fault } from './finding.js'
import type { Finding } from './finding.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Who means milliseconds sets no time-out that one collection of garbage may exceed. */
const LEAST_MILLIS = 100

/** The first that can be used is the one that counts. */
const OF_EXPORTER = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']

/** A time-out that is set. */
interface TimeLimit {
  readonly variable: string
  /** As it is written. */
  readonly given: number
  /** As it is used. */
  readonly millis: number
}

/** Those that anything reads and that can be used; of two of which one beats the other, the one that counts. */
function timeLimits(env: Environment, read: readonly string[]): TimeLimit[] {
  const limits = [...OF_EXPORTER, 'OTEL_BSP_EXPORT_TIMEOUT', 'SPANRING_EXIT_TIMEOUT'].flatMap((variable) => {
    const given = Number(env[variable]?.trim() || NaN)
    const isUsed = variable === 'SPANRING_EXIT_TIMEOUT' ? Number.isInteger(given) && given > 0 : given >= 0
    return isUsed && read.includes(variable) ? [{ variable, given, millis: Math.ceil(given) }] : []
  })
  const ofExporter = limits.find(({ variable }) => OF_EXPORTER.includes(variable))
  // Zero beats another one as well, and is without a limit.
  return limits.filter((limit) => limit.millis > 0 && (limit === ofExporter || !OF_EXPORTER.includes(limit.variable)))
}

/** What was most likely meant as seconds. */
export function checkTimeLimits(env: Environment, read: readonly string[]): Finding[] {
  return timeLimits(env, read)
    .filter(({ millis }) => millis < LEAST_MILLIS)
    .map(({ variable, given, millis }) =>
      fault(`${variable} is ${millis} ms; the unit is milliseconds.`, `If ${given} s are meant, set it to ${given * 1000}.`),
    )
}

/** The time-out that an export meets first; undefined if none is set. */
export function exportLimit(env: Environment, read: readonly string[]): TimeLimit | undefined {
  const limits = timeLimits(env, read).filter(({ variable }) => variable !== 'SPANRING_EXIT_TIMEOUT')
  return limits.toSorted((a, b) => a.millis - b.millis)[0]
}
