// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'
import { fault } from './finding.js'
import type { Finding } from './finding.js'

/** A shorter time-out was probably meant in seconds: a single garbage collection may take longer than that. */
const LEAST_MILLIS = 100

/** The exporter uses the first of these that has a valid value. */
const OF_EXPORTER = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']

interface TimeLimit {
  readonly variable: string
  /** As written. */
  readonly given: number
  /** As used. */
  readonly millis: number
}

/** The time-outs that are set, valid and read by anything, except for those that another one overrides. */
function timeLimits(env: Environment, read: readonly string[]): TimeLimit[] {
  const limits = [...OF_EXPORTER, 'OTEL_BSP_EXPORT_TIMEOUT', 'SPANRING_EXIT_TIMEOUT'].flatMap((variable) => {
    const given = Number(env[variable]?.trim() || NaN)
    const isUsed = variable === 'SPANRING_EXIT_TIMEOUT' ? Number.isInteger(given) && given > 0 : given >= 0
    return isUsed && read.includes(variable) ? [{ variable, given, millis: Math.ceil(given) }] : []
  })
  const ofExporter = limits.find(({ variable }) => OF_EXPORTER.includes(variable))
  // Zero means without a limit. It overrides other time-outs, too.
  return limits.filter((limit) => limit.millis > 0 && (limit === ofExporter || !OF_EXPORTER.includes(limit.variable)))
}

/** Finds time-outs that were probably meant in seconds. */
export function checkTimeLimits(env: Environment, read: readonly string[]): Finding[] {
  return timeLimits(env, read)
    .filter(({ millis }) => millis < LEAST_MILLIS)
    .map(({ variable, given, millis }) =>
      fault(`${variable} is ${millis} ms; the unit is milliseconds.`, `If ${given} s are meant, set it to ${given * 1000}.`),
    )
}

/** The shortest time-out of an export; undefined if none is set. */
export function exportLimit(env: Environment, read: readonly string[]): TimeLimit | undefined {
  const limits = timeLimits(env, read).filter(({ variable }) => variable !== 'SPANRING_EXIT_TIMEOUT')
  return limits.toSorted((a, b) => a.millis - b.millis)[0]
}
