// SPDX-License-Identifier: Apache-2.0
import type { Application } from '../application.js'
import type { Backend } from '../world/backend.js'
import type { Machine } from '../world/machine.js'
import type { Network } from '../world/network.js'
import type { Report } from './report.js'
import { lossesOf, sum } from './rules.js'

/** What exporters have said of spans that did not arrive, added up when each of them ends. */
export class Losses {
  count = 0

  add({ process }: Application): void {
    const { failed, inherited } = process.exporter.stats()
    this.count += sum(failed) + sum(inherited.failed)
  }
}

/**
 * What holds when a process has ended in an orderly way: every span of it has arrived, waits on the disk, or is counted as lost.
 * What it has kept, one of the `others` may have taken over meanwhile, and lost, or the backend may have refused it.
 */
export function checkLeft(
  report: Report,
  application: Application,
  { backend, machine, others }: { backend: Backend; machine: Machine | undefined; others: readonly Application[] },
): void {
  const waiting = machine?.watch.waiting()
  const { kept } = application.process.pipeline.stats()
  const lostByOthers = others.reduce((total, { process }) => total + sum(process.exporter.stats().inherited.failed), 0)
  const missing = application.spans.filter((index) => backend.timesOf(index) === 0 && !waiting?.has(index))
  const { inherited } = application.process.exporter.stats()
  const lost = sum(lossesOf(application)) + sum(inherited.failed)
  const isExcused = (index: number): boolean =>
    (machine?.watch.damaged.has(index) ?? false) || (kept > 0 && backend.refused.has(index))
  const excused = missing.filter(isExcused).length
  report.check(
    missing.length <= lost + excused + Math.min(kept, lostByOthers),
    () =>
      `a process has ended; ${missing.length} of its spans (${missing.slice(0, 5).join(', ')} …) are nowhere, ` +
      `${lost} are counted as lost, and ${kept} as kept`,
  )
}

/** What holds at every moment where processes can be asked for: what a running one has is its own. */
export function checkOwn(report: Report, application: Application): void {
  const { kept } = application.process.pipeline.stats()
  if (kept > 0 && !application.hasCalledShutdown) report.violated(`${kept} spans of a process that is running were taken over`)
}

/** What holds when all processes have shut down. */
export function checkNothingHeld(report: Report, { connections }: Network, machine: Machine | undefined): void {
  report.check(connections.size === 0, () => `I7: ${connections.size} connections are left after shutdown`)
  const descriptors = machine?.descriptors ?? 0
  report.check(descriptors === 0, () => `I7: ${descriptors} files are open after shutdown`)
}

/** What holds at the very end: everything that was on the disk when a process ended has arrived, or was counted. */
export function checkSpool(report: Report, machine: Machine, backend: Backend, losses: Losses, isLossHeardOf: boolean): void {
  const { watch, weather } = machine
  report.check(
    watch.left.length === 0,
    () => `nothing waits, and the directory of the spool still holds ${watch.left.join(', ')}`,
  )
  // A thread may have counted a loss, and its process may have died before it heard of that.
  if (!isLossHeardOf && weather.hasFailedToRead) return
  const isExcused = (index: number): boolean =>
    watch.damaged.has(index) || backend.refused.has(index) || (!isLossHeardOf && watch.removed.has(index))
  const missing = [...watch.written].filter((index) => backend.timesOf(index) === 0 && !isExcused(index))
  report.check(
    missing.length <= losses.count,
    () =>
      `${missing.length} spans that were on the disk when a process ended have not arrived (${missing.slice(0, 5).join(', ')} …), ` +
      `and ${losses.count} are counted as lost`,
  )
}
