// SPDX-License-Identifier: Apache-2.0
import { examine } from './examine.js'
import { gather } from './gather.js'
import { render } from './render.js'

/** What `spanring doctor` prints, and whether it found no fault. */
export interface Diagnosis {
  readonly text: string
  readonly isHealthy: boolean
}

/** Gathers what can be known about a set-up, draws conclusions, and renders them as text. */
export async function diagnose(options: readonly string[]): Promise<Diagnosis> {
  const evidence = await gather(options)
  const findings = await examine(evidence)
  return { text: render(evidence, findings), isHealthy: findings.every(({ kind }) => kind !== 'fault') }
}
