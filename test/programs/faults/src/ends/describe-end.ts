// SPDX-License-Identifier: Apache-2.0
import { escaped } from '../document.js'
import { seconds } from '../outcome.js'
import type { EndOutcome, Ending } from './ending.js'

/** Longer lines are cut; the document is not a log. */
const MAX_LENGTH = 120

/** Whether somebody waits for the spans before the process ends. */
export function isOrderly({ how }: Ending): boolean {
  return how === 'shutdown' || how === 'sigterm'
}

/** Spans that did not arrive and are in no count of losses. */
export function uncounted({ ended, arrived, lost }: EndOutcome): number {
  return Math.max(0, ended - arrived - lost)
}

/** A cell of the table. */
export function describeEnd(ending: Ending, outcome: EndOutcome): string {
  const { ended, arrived, lost, millis, wasKilled, said } = outcome
  if (wasKilled) return '**does not end**'
  const parts = [
    arrived === ended ? 'everything arrives' : arrived === 0 ? 'nothing arrives' : `${percent(arrived, ended)} arrive`,
  ]
  if (lost > 0) parts.push(`${percent(lost, ended)} counted as lost`)
  const rest = uncounted(outcome)
  if (rest > 0) {
    parts.push(
      isOrderly(ending) ? `**${percent(rest, ended)} lost, not counted**` : `${percent(rest, ended)} gone with the process`,
    )
  }
  parts.push(millis < 50 ? 'ends at once' : `ends after ${seconds(millis)}`)
  const own = said.filter((line) => !line.includes('a bug of the application'))
  parts.push(own.length === 0 ? 'says nothing' : `says ${own.map(shortened).join(' · ')}`)
  return parts.join('; ')
}

/** The port is another in every run. */
function shortened(line: string): string {
  const text = line.replaceAll(/http:\/\/127\.0\.0\.1:\d+\S*/g, 'http://…').replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
  return `“${escaped(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text)}”`
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`
}
