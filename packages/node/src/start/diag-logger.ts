// SPDX-License-Identifier: Apache-2.0
import { format } from 'node:util'
import { INVALID_SETTING } from '@spanring/core/warning-codes'
import { variable } from '../environment.js'
import type { InstalledPackage } from '../installed-packages.js'
import { LOG_LEVELS, logToStderr, writeLine } from '../stderr.js'

const LEVEL = 'OTEL_LOG_LEVEL'

interface Api {
  readonly diag: { setLogger(logger: object, level: number): boolean }
  readonly DiagLogLevel: Readonly<Record<string, number>>
}

/** The beginning of every line that our processor and our exporter log. */
const OURS = /^(BatchSpanProcessor|OTLPTraceExporter): /

/**
 * Sets a logger with the application's own copy of the API. Call this before the pipeline is created, because that may log
 * warnings. The logger writes to stderr, because stdout belongs to the application. Without `OTEL_LOG_LEVEL` it writes only
 * the few warnings of our pipeline.
 */
export function setDiagLogger(found: InstalledPackage | undefined): void {
  const { diag, DiagLogLevel } = (found?.load() ?? {}) as Partial<Api>
  if (!diag || !DiagLogLevel) return
  const text = variable(LEVEL)
  if (text === undefined) {
    diag.setLogger(ownWarnings, DiagLogLevel['WARN'] as number)
    return
  }
  const level = DiagLogLevel[text.toUpperCase()]
  if (level === undefined) {
    const choices = LOG_LEVELS.join(', ').toLowerCase()
    logToStderr('WARN', `${INVALID_SETTING} ${LEVEL} is ${JSON.stringify(text)}; must be one of ${choices}; using info`)
  }
  diag.setLogger(everything, level ?? (DiagLogLevel['INFO'] as number))
}

/** Runs `make` without `OTEL_LOG_LEVEL`. If it is set, `NodeSDK` sets a logger of its own, which writes to stdout. */
export function withoutLogLevel<T>(make: () => T): T {
  const level = process.env[LEVEL]
  delete process.env[LEVEL]
  try {
    return make()
  } finally {
    if (level !== undefined) process.env[LEVEL] = level
  }
}

const ignore = (): void => {}

const ownWarnings = {
  error: ignore,
  warn: (message: unknown): void => {
    if (typeof message === 'string' && OURS.test(message)) logToStderr('WARN', message)
  },
  info: ignore,
  debug: ignore,
  verbose: ignore,
}

function write(...parts: unknown[]): void {
  const line = format(...parts)
  writeLine(OURS.test(line) ? `spanring: ${line}` : line)
}

const everything = { error: write, warn: write, info: write, debug: write, verbose: write }
