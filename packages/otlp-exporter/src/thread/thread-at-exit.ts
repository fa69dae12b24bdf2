// SPDX-License-Identifier: Apache-2.0
import type { ApplicationHeaders } from './application-headers.js'
import type { ExitSender } from './exit-flush.js'
import { isAnySending } from './handed-batch.js'
import type { HandedBatch } from './handed-batch.js'
import type { LentBatches } from './lent-batches.js'
import type { StoredBatches } from './stored-batches.js'
import type { ThreadReports } from './thread-reports.js'
import type { ThreadSupervisor } from './thread-supervisor.js'

export interface ThreadAtExitParts {
  readonly batches: LentBatches
  readonly stored: StoredBatches
  readonly headers: ApplicationHeaders
  readonly reports: ThreadReports
  readonly supervisor: ThreadSupervisor
  /** Takes back what the thread has given back. */
  readonly poll: () => void
  readonly handOverAll: () => void
  /** The same as `keepNow` of the transport that sends once the thread was given up. */
  readonly keepLocally: () => number
  readonly handOver: (handed: HandedBatch) => void
  /** Whether the thread can write to disk. */
  readonly spools: boolean
  /** Settles a batch for which there are no headers. */
  readonly failWithoutHeaders: (handed: HandedBatch) => void
}

/** What the export thread can still do in the `exit` event of a process, and right before it. */
export class ThreadAtExit implements ExitSender {
  readonly #parts: ThreadAtExitParts
  #hasBegun = false

  constructor(parts: ThreadAtExitParts) {
    this.#parts = parts
  }

  /** Whether the process is in its `exit` event. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  beginExit(): void {
    this.#hasBegun = true
    const { headers, supervisor, handOverAll } = this.#parts
    headers.beginExit()
    supervisor.thread?.beginExit()
    supervisor.endPause()
    handOverAll()
    supervisor.thread?.post({ type: 'closing' })
  }

  get isSending(): boolean {
    const { batches, reports, supervisor } = this.#parts
    // Outcomes and reports may have arrived since the last iteration of the event loop.
    supervisor.thread?.receiveNow()
    return isAnySending(batches, reports.isDown)
  }

  get isStarting(): boolean {
    return this.#parts.supervisor.isStarting && this.#isAwaiting()
  }

  waitSync(millis: number): boolean {
    const { thread } = this.#parts.supervisor
    if (this.#parts.spools && this.#parts.keepLocally() > 0) return true
    if (thread === undefined || !this.#isAwaiting()) return false
    const isInTime = thread.waitSync(Math.max(millis, 0))
    thread.receiveNow()
    this.#parts.poll()
    return isInTime
  }

  keepNow(): boolean {
    const { spools, supervisor, batches, handOver } = this.#parts
    if (!spools) return false
    // Whether there are headers for it or not: what is stored needs none.
    for (const handed of batches) handOver(handed)
    if (!this.#isAwaiting()) return false
    supervisor.thread?.post({ type: 'keep-now' })
    return true
  }

  failWithoutHeaders(): boolean {
    const { batches, headers, failWithoutHeaders } = this.#parts
    const waiting = [...batches].filter((handed) => !handed.isSettled && !headers.isReady(handed))
    for (const handed of waiting) failWithoutHeaders(handed)
    return waiting.length > 0
  }

  #isAwaiting(): boolean {
    const { batches, stored } = this.#parts
    // What is stored has yet to make its last attempt, or to reach the disk.
    if (this.#hasBegun && !stored.isEmpty) return true
    return [...batches].some((handed) => handed.isAwaited)
  }
}
