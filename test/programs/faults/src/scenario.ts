// SPDX-License-Identifier: Apache-2.0
import type { Lab } from './lab/lab.js'

/** One fault, as data: what happens, in words, and a program that makes it happen to whoever is in the lab. */
export interface Scenario {
  /** A number, and a letter where the same fault comes in several ways. */
  readonly id: string
  /** For somebody who has never read a line of this project. */
  readonly title: string
  /** The OTLP exporter of the contender sends the spans. Without it a scripted exporter takes them, and no thread sends any. */
  readonly isSent?: true
  /** Makes it happen. Waits through the lab, which bounds every wait. */
  readonly run: (lab: Lab) => Promise<void>
}

export function numberOf({ id }: Pick<Scenario, 'id'>): number {
  return Number.parseInt(id, 10)
}
