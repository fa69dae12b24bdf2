// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import type { Telemetry } from './contender-process.js'

/** The lines in which the telemetry of a contender differs from stock, as in a diff. */
export function telemetryDiff(telemetry: Telemetry): string[] {
  const [stock, spanring] = ['stock', telemetry].map((name) =>
    readFileSync(new URL(`../../../src/telemetry-${name}.ts`, import.meta.url), 'utf8').split('\n'),
  )
  if (!stock || !spanring || stock.length !== spanring.length) throw new Error('the telemetry files differ in length')
  return stock.flatMap((line, index) => (line === spanring[index] ? [] : [`- ${line}`, `+ ${spanring[index]}`]))
}
