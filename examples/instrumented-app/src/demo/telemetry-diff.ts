// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'

/** The lines in which the telemetry of the two contenders differs, as in a diff. */
export function telemetryDiff(): string[] {
  const [stock, spanring] = ['stock', 'spanring'].map((name) =>
    readFileSync(new URL(`../../../src/telemetry-${name}.ts`, import.meta.url), 'utf8').split('\n'),
  )
  if (!stock || !spanring || stock.length !== spanring.length) throw new Error('the telemetry files differ in length')
  return stock.flatMap((line, index) => (line === spanring[index] ? [] : [`- ${line}`, `+ ${spanring[index]}`]))
}
