// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'

/** The values of `OTEL_LOG_LEVEL`, quietest first. An unknown one counts as `WARN`, so that a typing error hides no error. */
export const LOG_LEVELS: readonly string[] = ['NONE', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'VERBOSE', 'ALL']

/**
 * Writes one line to stderr, unless `OTEL_LOG_LEVEL` excludes it. Does not use `diag`, which drops everything if no logger is
 * set, and most applications set none. Synchronous, because the process may end with the next statement.
 */
export function logToStderr(level: 'ERROR' | 'WARN', message: string): void {
  const wanted = LOG_LEVELS.indexOf((process.env['OTEL_LOG_LEVEL'] ?? '').trim().toUpperCase())
  if (LOG_LEVELS.indexOf(level) <= (wanted < 0 ? LOG_LEVELS.indexOf('WARN') : wanted)) writeLine(`spanring: ${message}`)
}

/** Writes to stderr at any level. */
export function writeLine(line: string): void {
  try {
    writeSync(2, `${line}\n`)
  } catch {
    // Stderr is closed, or the pipe is full. Waiting or failing would cost more than the line is worth.
  }
}

/** The first line of a thrown value, for use in a sentence. Node.js appends lines that say which file required which. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] as string
}
