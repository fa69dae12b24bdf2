// SPDX-License-Identifier: Apache-2.0

/** One hand-over to the exporter. */
export interface RecordedBatch {
  readonly ids: readonly string[]
  /** Requests that carried it, as the HTTP client saw them. */
  requests: number
  /** Spans that the exporter reported as exported; undefined while there is no outcome. */
  exported: number | undefined
}

type Fate =
  /** Not taken by `onEnd`. */
  | 'refused'
  /** Taken by `onEnd`; nobody was given it. */
  | 'admitted'
  /** The exporter wanted to have nothing of it. */
  | 'rejected'
  | RecordedBatch

/**
 * What became of each span, by its id, as it is seen from outside of the processor: at the door, at the hand-over and on
 * the wire. The counts of the processor are then held against it.
 */
export class FlightRecord {
  readonly batches: RecordedBatch[] = []
  /** What must not happen and did, at the moment when it did. */
  readonly violations: string[] = []
  /** Requests that have left. */
  requestCount = 0
  readonly #fates = new Map<string, Fate>()

  admitted(id: string): void {
    // A busy processor may have handed it over already.
    if (!this.#fates.has(id)) this.#fates.set(id, 'admitted')
  }

  refused(id: string): void {
    this.#fates.set(id, 'refused')
  }

  rejected(id: string): void {
    this.#fates.set(id, 'rejected')
  }

  handedOver(ids: readonly string[]): RecordedBatch {
    const batch = { ids, requests: 0, exported: undefined }
    for (const id of ids) {
      const before = this.#fates.get(id)
      if (typeof before === 'object' || before === 'rejected') this.violations.push(`span ${id} was handed over twice`)
      if (before === 'refused') this.violations.push(`span ${id} was handed over after it had been dropped`)
      this.#fates.set(id, batch)
    }
    this.batches.push(batch)
    return batch
  }

  /** A request is about to leave with these spans: one batch, a part of one, or several arrays of one span each. */
  requested(ids: readonly string[]): void {
    this.requestCount++
    const batches = new Set<RecordedBatch>()
    for (const id of ids) {
      const batch = this.batchOf(id)
      if (batch === undefined) this.violations.push(`a request has span ${id}, which was not handed over`)
      else batches.add(batch)
    }
    for (const batch of batches) batch.requests++
  }

  /** Spans in requests after the first of their batch. */
  get repeatedSpans(): number {
    return this.batches.reduce((sum, { ids, requests }) => sum + ids.length * Math.max(requests - 1, 0), 0)
  }

  batchOf(id: string): RecordedBatch | undefined {
    const fate = this.#fates.get(id)
    return typeof fate === 'object' ? fate : undefined
  }

  count(wanted: 'refused' | 'admitted' | 'rejected' | 'handed over'): number {
    let count = 0
    for (const fate of this.#fates.values()) if ((typeof fate === 'object' ? 'handed over' : fate) === wanted) count++
    return count
  }
}
