// SPDX-License-Identifier: Apache-2.0
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { onTestFinished } from 'vitest'

/** Calls this for every line, of any level, that is given to the application's logger during this test. */
export function logTo(note: (...parts: unknown[]) => void): void {
  let isOn = false
  // The API itself logs that it has a logger, and that it lets go of it.
  const log = (...parts: unknown[]): void => {
    if (isOn) note(...parts)
  }
  const logger = { error: log, warn: log, info: log, debug: log, verbose: log }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  isOn = true
  onTestFinished(() => {
    isOn = false
    diag.disable()
  })
}

/** Every line that is given to the application's logger during this test. */
export function captureDiag(): string[] {
  const lines: string[] = []
  logTo((...parts) => void lines.push(parts.join(' ')))
  return lines
}

/** The lines, when everything was said that is said a moment later. */
export async function said(lines: string[]): Promise<string[]> {
  await Promise.resolve()
  return lines
}
