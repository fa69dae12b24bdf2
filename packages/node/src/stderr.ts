// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'

/** As `OTEL_LOG_LEVEL` orders them; what is not known counts as `WARN`, so a typing error hides no fault. */
export const LOG_LEVELS: readonly string[] = ['NONE', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'VERBOSE', 'ALL']

/**
 * One line on stderr, unless `OTEL_LOG_LEVEL` asks for less. Not through `diag`: without a logger, which is the usual
 * case, that says nothing. Written at once: the process may end with the next statement.
 */
export function say(level: 'ERROR' | 'WARN', message: string): void {
  const wanted = LOG_LEVELS.indexOf((process.env['OTEL_LOG_LEVEL'] ?? '').trim().toUpperCase())
  if (LOG_LEVELS.indexOf(level) <= (wanted < 0 ? LOG_LEVELS.indexOf('WARN') : wanted)) writeLine(`spanring: ${message}`)
}

/** To stderr, whatever level is wanted. */
export function writeLine(line: string): void {
  try {
    writeSync(2, `${line}\n`)
  } catch {
    // Nobody reads, or the pipe is full; neither is worth more than the line.
  }
}

/** Whatever was thrown, as part of a sentence; Node.js adds lines on who required what. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n', 1)[0] as string
}
