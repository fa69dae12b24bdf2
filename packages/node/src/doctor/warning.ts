// SPDX-License-Identifier: Apache-2.0

/** One warning or error that the probe process logged, through `diag` or on stderr. */
export interface Warning {
  /** Whether spanring wrote it. If not, it is from OpenTelemetry or from the application. */
  readonly isOurs: boolean
  /** One of `packages/core/src/warning-codes.ts`; undefined if it has none. */
  readonly code: string | undefined
  /** Without the code. */
  readonly text: string
}

/** Parses a line that was logged through `diag`. */
export function warningOf(line: string): Warning {
  const [, source = '', code, text = line] =
    /^(?:(BatchSpanProcessor|OTLPTraceExporter): )(?:(\[SPANRING_\w+\]) )?(.*)$/s.exec(line) ?? []
  return source === '' ? { isOurs: false, code: undefined, text: line } : { isOurs: true, code, text: `${source}: ${text}` }
}

/** The warnings on stderr, in lines that begin with `spanring: `. */
export function warningsOnStderr(stderr: string): Warning[] {
  return stderr.split('\n').flatMap((line) => {
    const [, code, rest] = /^spanring: (?:(\[SPANRING_\w+\]) )?(.*)$/.exec(line) ?? []
    if (rest === undefined) return []
    return [code === undefined ? { ...warningOf(rest), isOurs: true } : { isOurs: true, code, text: rest }]
  })
}
