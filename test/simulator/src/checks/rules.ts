// SPDX-License-Identifier: Apache-2.0
import type { Application } from '../application.js'
import type { Backend } from '../world/backend.js'
import type { Report } from './report.js'

/** Counts of spans, with those that an exporter may store. */
interface Counts {
  readonly ended: number
  readonly exported: number
  readonly queued: number
  readonly encoded: number
  readonly inFlight: number
  readonly stored: number
  /** A part of the stored ones. */
  readonly kept: number
  readonly failed: Readonly<Record<string, number>>
  readonly dropped: Readonly<Record<string, number>>
  readonly queueCapacity: number
}

function countsOf({ process }: Application): Counts {
  return process.pipeline.stats()
}

export function sum(counts: Readonly<Record<string, number>>): number {
  let total = 0
  for (const key in counts) total += counts[key] as number
  return total
}

/** What holds at every moment. */
export function checkCounts(report: Report, application: Application): void {
  const { ended, exported, queued, encoded, inFlight, stored, kept, failed, dropped, queueCapacity } = countsOf(application)
  const places = exported + sum(failed) + sum(dropped) + queued + encoded + inFlight + stored
  if (ended !== places || ended !== application.ended) {
    report.violated(`I1: ${application.ended} spans ended, ${ended} are counted, and ${places} are somewhere`)
  }
  if (queued > queueCapacity) report.violated(`I5: ${queued} spans are queued, and ${queueCapacity} may be`)
  if (queued < 0 || encoded < 0 || inFlight < 0 || kept < 0 || stored < kept) report.violated('I1: a count is negative')
}

/** What holds after a flush without a limit. */
export function checkIdle(report: Report, application: Application): void {
  const { queued, encoded, inFlight, stored, kept } = countsOf(application)
  report.check(
    queued + encoded + inFlight + stored - kept === 0,
    () => `after a flush ${queued} spans are queued, ${encoded} encoded, ${inFlight} in flight and ${stored} stored`,
  )
  // Only here: `stats()` takes back what the export thread has returned, and would hide a lost wake-up.
  const { bufferedBytes } = application.process.exporter.stats()
  report.check(bufferedBytes === 0, () => `after a flush ${bufferedBytes} bytes are held`)
}

/** What holds when the work of the `exit` event is done. */
export function checkExit(report: Report, application: Application): void {
  const { queued, encoded, inFlight, stored, kept } = countsOf(application)
  report.check(
    queued + encoded + inFlight + stored - kept === 0,
    () => `at its exit ${queued} spans are queued, ${encoded} encoded, ${inFlight} in flight and ${stored - kept} stored`,
  )
}

/** Lost spans by reason. */
export function lossesOf(application: Application): Record<string, number> {
  const { failed, dropped } = countsOf(application)
  const losses: Record<string, number> = {}
  // The same reason may stand in both.
  for (const counts of [failed, dropped]) {
    for (const reason in counts) losses[reason] = (losses[reason] ?? 0) + (counts[reason] as number)
  }
  return losses
}

/** Spans that end long after the last fault arrive, all but those that are too large. */
export function checkLastSpans(
  report: Report,
  application: Application,
  { first, lostBefore, backend }: { first: number; lostBefore: Readonly<Record<string, number>>; backend: Backend },
): void {
  const lost = lossesOf(application)
  for (const reason in lost) {
    const count = (lost[reason] as number) - (lostBefore[reason] ?? 0)
    report.check(
      count === 0 || reason === 'too_large',
      () => `${count} spans that ended long after the last fault are lost: ${reason}`,
    )
  }
  const tooLarge = (lost['too_large'] ?? 0) - (lostBefore['too_large'] ?? 0)
  let arrived = 0
  const count = backend.endedCount - first
  for (let index = first; index < first + count; index++) if (backend.timesOf(index) > 0) arrived += 1
  report.check(
    arrived + tooLarge >= count,
    () => `of ${count} spans that ended long after the last fault, ${arrived} have arrived`,
  )
}

/** What holds when a process has shut down. */
export function checkEnd(report: Report, application: Application): void {
  const { process } = application
  const { exported, queued, encoded, inFlight, stored, kept } = countsOf(application)
  report.check(
    queued + encoded + inFlight + stored - kept === 0,
    () => `after shutdown ${queued} spans are queued, ${encoded} encoded, ${inFlight} in flight and ${stored} stored`,
  )
  const { sent } = process.watched
  const unsettled = sent.filter(({ outcome }) => outcome === undefined).length
  report.check(unsettled === 0, () => `${unsettled} batches have no outcome`)
  const open = sent.filter(
    ({ outcome, exportedLater, failedLater, kept: left }) => (outcome?.stored ?? 0) !== exportedLater + failedLater + left,
  ).length
  report.check(open === 0, () => `what became of the stored spans of ${open} batches was not told`)
  const counted = sent.reduce((total, { outcome, exportedLater }) => total + (outcome?.exported ?? 0) + exportedLater, 0)
  // Some may have arrived after a shutdown that ran out of time.
  report.check(
    counted >= exported,
    () => `the exporter has told of ${counted} exported spans, and the processor counts ${exported}`,
  )
  report.check(process.timerCount === 0, () => `I7: ${process.timerCount} timers are left after shutdown`)
  report.check(process.workers.length === 0, () => 'I7: the export thread is left after shutdown')
}
