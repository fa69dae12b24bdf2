// SPDX-License-Identifier: Apache-2.0
import { escaped } from '../document.js'
import { seconds } from '../outcome.js'
import type { EndOutcome, Ending, NextProcess } from './ending.js'

/** Longer lines are cut; the document is not a log. */
const MAX_LENGTH = 120

/** Whether every span has to be accounted for: somebody waits for them before the process ends, or they are on disk. */
export function isOrderly({ how, hasSpool }: Ending): boolean {
  return how === 'shutdown' || how === 'sigterm' || (hasSpool && how !== 'kill')
}

/** Spans that did not arrive and are in no count of losses. */
export function uncounted({ ended, arrived, lost }: EndOutcome): number {
  return Math.max(0, ended - arrived - lost)
}

/** A cell of the table. */
export function describeEnd(ending: Ending, outcome: EndOutcome): string {
  const { ended, arrived, twice, lost, millis, wasKilled, said, next } = outcome
  if (wasKilled) return '**does not end**'
  const parts = [
    arrived === ended ? 'everything arrives' : arrived === 0 ? 'nothing arrives' : `${percent(arrived, ended)} arrive`,
  ]
  if (ending.hasSpool) parts.push(twice === 0 ? 'none twice' : `${percent(twice, ended)} twice`)
  if (lost > 0) parts.push(`${percent(lost, ended)} counted as lost`)
  const rest = uncounted(outcome)
  if (rest > 0) {
    parts.push(
      isOrderly(ending) ? `**${percent(rest, ended)} lost, not counted**` : `${percent(rest, ended)} gone with the process`,
    )
  }
  parts.push(millis < 50 ? 'ends at once' : `ends after ${seconds(millis)}`)
  parts.push(saying(said.filter((line) => !line.includes('a bug of the application'))))
  if (ending.hasSpool) parts.push(next === undefined ? 'leaves nothing for the next process' : nextOf(next, ended))
  return parts.join('; ')
}

function nextOf({ found, failed, said, code }: NextProcess, ended: number): string {
  const end = code === 0 ? '' : `, **ends with code ${code}**`
  const losses = failed === 0 ? '' : `, loses **${percent(failed, ended)}**`
  return `the next process finds ${percent(found, ended)} in the spool${losses}${end}, and ${saying(said)}`
}

function saying(lines: readonly string[]): string {
  return lines.length === 0 ? 'says nothing' : `says ${lines.map(shortened).join(' · ')}`
}

/** The port is another in every run. */
function shortened(line: string): string {
  const text = line
    .replaceAll(/\/\S*spanring-ends-\w+\/spool/g, 'spool')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+\S*/g, 'http://…')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1')
  return `“${escaped(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text)}”`
}

function percent(part: number, whole: number): string {
  return `${Math.round((100 * part) / whole)} %`
}
