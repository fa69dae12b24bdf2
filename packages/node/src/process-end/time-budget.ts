// SPDX-License-Identifier: Apache-2.0
import { variable } from '../environment.js'
import { say } from '../stderr.js'

const NAME = 'SPANRING_EXIT_TIMEOUT'
/** Half of what Docker waits before it kills. */
const DEFAULT_MILLIS = 5000
/** The longest delay of a timer, in milliseconds. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1

/** How long the end of the process may be put off to deliver what is left, in milliseconds. */
export function exitTimeoutMillis(): number {
  const text = variable(NAME)
  if (text === undefined) return DEFAULT_MILLIS
  const millis = Number(text)
  if (Number.isInteger(millis) && millis > 0 && millis <= MAX_TIMER_MILLIS) return millis
  say('WARN', `${NAME} is ${JSON.stringify(text)}; must be an integer from 1 to ${MAX_TIMER_MILLIS}; using ${DEFAULT_MILLIS}`)
  return DEFAULT_MILLIS
}
