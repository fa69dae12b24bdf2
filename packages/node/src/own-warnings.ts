// SPDX-License-Identifier: Apache-2.0
import { variable } from './environment.js'
import type { InstalledPackage } from './installed-packages.js'
import { say } from './say.js'

interface Diag {
  setLogger(logger: object, level: number): boolean
  disable(): void
}

interface Api {
  readonly diag: Diag
  readonly DiagConsoleLogger: new () => object
  readonly DiagLogLevel: Readonly<Record<string, number>>
}

const OURS = /^(BatchSpanProcessor|OTLPTraceExporter): /

/**
 * Sets a logger of the application's own API: `NodeSDK` sets one only after the processor was made, and only where
 * `OTEL_LOG_LEVEL` is set. Where it is not, the few warnings of the pipeline go to stderr and everything else nowhere.
 * The returned call clears the way for the logger of `NodeSDK`.
 */
export function logOwnWarnings(found: InstalledPackage | undefined): () => void {
  const { diag, DiagConsoleLogger, DiagLogLevel } = (found?.load() ?? {}) as Partial<Api>
  if (!diag || !DiagLogLevel || !DiagConsoleLogger) return () => {}
  const level = variable('OTEL_LOG_LEVEL')
  if (level === undefined) {
    diag.setLogger(ownWarnings, DiagLogLevel['WARN'] as number)
    return () => {}
  }
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel[level.toUpperCase()] ?? (DiagLogLevel['INFO'] as number))
  return () => diag.disable()
}

const ignore = (): void => {}

const ownWarnings = {
  error: ignore,
  warn: (message: unknown): void => {
    if (typeof message === 'string' && OURS.test(message)) say('WARN', message)
  },
  info: ignore,
  debug: ignore,
  verbose: ignore,
}
