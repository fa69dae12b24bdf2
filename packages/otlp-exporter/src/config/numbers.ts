// SPDX-License-Identifier: Apache-2.0
import { INVALID_SETTING } from '@spanring/core'
import { warnLater } from '../warn.js'

interface Rule {
  readonly fallback: number
  readonly min: number
  readonly max: number
  readonly fraction?: true
}

export type NumberName =
  | 'timeoutMillis'
  | 'concurrencyLimit'
  | 'maxRequestBytes'
  | 'maxResponseBytes'
  | 'maxBufferedBytes'
  | 'exitFlushMillis'
  | 'maxStoredMillis'
  | `spool.${'maxBytes' | 'maxAgeMillis'}`
  | `retry.${'maxAttempts' | 'initialBackoffMillis' | 'maxBackoffMillis' | 'multiplier'}`

/** The longest delay of a timer, in milliseconds. Also the largest integer that the specification requires us to support. */
const MAX_INT32 = 2 ** 31 - 1
const MIB = 2 ** 20

/** The rules for all options that are numbers; `options.ts` documents the options. */
const RULES: Readonly<Record<NumberName, Rule>> = {
  timeoutMillis: { fallback: 10_000, min: 0, max: MAX_INT32 },
  concurrencyLimit: { fallback: 30, min: 1, max: 1024 },
  maxRequestBytes: { fallback: 64 * MIB, min: 1, max: MAX_INT32 },
  maxResponseBytes: { fallback: 4 * MIB, min: 1, max: 2 ** 30 },
  maxStoredMillis: { fallback: 600_000, min: 0, max: MAX_INT32 },
  maxBufferedBytes: { fallback: 64 * MIB, min: 1, max: MAX_INT32 },
  exitFlushMillis: { fallback: 500, min: 0, max: MAX_INT32 },
  'spool.maxBytes': { fallback: 512 * MIB, min: MIB, max: Number.MAX_SAFE_INTEGER },
  'spool.maxAgeMillis': { fallback: 24 * 3_600_000, min: 1, max: Number.MAX_SAFE_INTEGER },
  'retry.maxAttempts': { fallback: Infinity, min: 1, max: MAX_INT32 },
  'retry.initialBackoffMillis': { fallback: 1000, min: 1, max: MAX_INT32 },
  'retry.maxBackoffMillis': { fallback: 5000, min: 1, max: MAX_INT32 },
  'retry.multiplier': { fallback: 1.5, min: 1, max: 100, fraction: true },
}

/**
 * Takes the option, else the first variable that is set, else the default. As in the processor, a number may be given as a
 * string. A positive number out of range is replaced by the nearest one in range, with a warning: asking for more must not
 * result in less than the default. Anything else is skipped, also with a warning.
 */
export function numberOf(name: NumberName, option: unknown, variables: readonly (readonly [string, string])[] = []): number {
  const rule = RULES[name]
  const isUnset = option === undefined || option === null || (typeof option === 'string' && option.trim() === '')
  for (const [source, given] of isUnset ? variables : [[name, option] as const, ...variables]) {
    const value = typeof given === 'string' ? Number(given) : given
    const used = nearest(value, rule)
    if (used !== value) warnOutOfRange(source, given, rule, used)
    if (used !== undefined) return used
  }
  return rule.fallback
}

/** Rounds up, because a time-out of half a millisecond must not become 0, which means no limit. */
function nearest(value: unknown, { min, max, fraction }: Rule): number | undefined {
  if (value === 0 && min === 0) return 0
  if (typeof value !== 'number' || !(value > 0)) return undefined
  return Math.min(Math.max(fraction === true ? value : Math.ceil(value), min), max)
}

function warnOutOfRange(name: string, value: unknown, { min, max, fraction }: Rule, used: number | undefined): void {
  const kind = fraction === true ? 'a number' : 'an integer'
  const effect = used === undefined ? 'not used' : `using ${used}`
  warnLater(`${INVALID_SETTING} ${name} is ${describe(value)}; must be ${kind} from ${min} to ${max}; ${effect}`)
}

/** A value as text for a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  try {
    return String(value)
  } catch {
    return typeof value
  }
}
