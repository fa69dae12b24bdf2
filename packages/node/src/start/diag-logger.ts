// SPDX-License-Identifier: Apache-2.0
import { format } from 'node:util'
import { variable } from '../environment.js'
import type { InstalledPackage } from '../installed-packages.js'
import { LOG_LEVELS, say, writeLine } from '../stderr.js'

const LEVEL = 'OTEL_LOG_LEVEL'

interface Api {
  readonly diag: { setLogger(logger: object, level: number): boolean }
  readonly DiagLogLevel: Readonly<Record<string, number>>
}

const OURS = /^(BatchSpanProcessor|OTLPTraceExporter): /

/**
 * Sets a logger of the application's own API, before the pipeline is made, which may have something to say. It writes to
 * stderr: stdout is the application's. Where `OTEL_LOG_LEVEL` is not set, it writes the few warnings of the pipeline and
 * nothing else.
 */
export function logToStderr(found: InstalledPackage | undefined): void {
  const { diag, DiagLogLevel } = (found?.load() ?? {}) as Partial<Api>
  if (!diag || !DiagLogLevel) return
  const text = variable(LEVEL)
  if (text === undefined) {
    diag.setLogger(ownWarnings, DiagLogLevel['WARN'] as number)
    return
  }
  const level = DiagLogLevel[text.toUpperCase()]
  if (level === undefined) {
    say('WARN', `${LEVEL} is ${JSON.stringify(text)}; must be ${LOG_LEVELS.join(', ').toLowerCase()}; using info`)
  }
  diag.setLogger(everything, level ?? (DiagLogLevel['INFO'] as number))
}

/** `NodeSDK` makes a logger of its own where `OTEL_LOG_LEVEL` is set, and that writes to stdout. */
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
    if (typeof message === 'string' && OURS.test(message)) say('WARN', message)
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
