// SPDX-License-Identifier: Apache-2.0
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { onTestFinished } from 'vitest'

/** Every line that is given to the application's logger during this test. */
export function captureDiag(): string[] {
  const lines: string[] = []
  const note = (...parts: unknown[]): void => void lines.push(parts.join(' '))
  const logger = { error: note, warn: note, info: note, debug: note, verbose: note }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  lines.length = 0
  onTestFinished(() => diag.disable())
  return lines
}

/** The lines, when everything was said that is said a moment later. */
export async function said(lines: string[]): Promise<string[]> {
  await Promise.resolve()
  return lines
}
