// SPDX-License-Identifier: Apache-2.0
import { warnLater } from './warn.js'

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
  | `retry.${'maxAttempts' | 'initialBackoffMillis' | 'maxBackoffMillis' | 'multiplier'}`

/** The longest delay of a timer, in milliseconds; also the largest integer that the specification asks for. */
const MAX_INT32 = 2 ** 31 - 1
const MIB = 2 ** 20

/** Every number that can be chosen; `options.ts` says what they mean. */
const RULES: Readonly<Record<NumberName, Rule>> = {
  timeoutMillis: { fallback: 10_000, min: 0, max: MAX_INT32 },
  concurrencyLimit: { fallback: 30, min: 1, max: 1024 },
  maxRequestBytes: { fallback: 64 * MIB, min: 1, max: MAX_INT32 },
  maxResponseBytes: { fallback: 4 * MIB, min: 1, max: 2 ** 30 },
  maxBufferedBytes: { fallback: 32 * MIB, min: 1, max: MAX_INT32 },
  'retry.maxAttempts': { fallback: Infinity, min: 1, max: MAX_INT32 },
  'retry.initialBackoffMillis': { fallback: 1000, min: 1, max: MAX_INT32 },
  'retry.maxBackoffMillis': { fallback: 5000, min: 1, max: MAX_INT32 },
  'retry.multiplier': { fallback: 1.5, min: 1, max: 100, fraction: true },
}

/** The option, else the first variable that is set, else the default; what is out of range is warned about and passed over. */
export function numberOf(name: NumberName, option: unknown, variables: readonly (readonly [string, string])[] = []): number {
  const rule = RULES[name]
  if (option !== undefined && option !== null) {
    if (typeof option === 'number' && isInRange(option, rule)) return option
    warnOutOfRange(name, option, rule)
  }
  for (const [variable, text] of variables) {
    if (isInRange(Number(text), rule)) return Number(text)
    warnOutOfRange(variable, text, rule)
  }
  return rule.fallback
}

function isInRange(value: number, rule: Rule): boolean {
  return value >= rule.min && value <= rule.max && (rule.fraction === true || Number.isInteger(value))
}

function warnOutOfRange(name: string, value: unknown, rule: Rule): void {
  const kind = rule.fraction === true ? 'a number' : 'an integer'
  warnLater(`${name} is ${describe(value)}; must be ${kind} from ${rule.min} to ${rule.max}; not used`)
}

/** A value in a message. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  try {
    return String(value)
  } catch {
    return typeof value
  }
}
