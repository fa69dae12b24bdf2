// SPDX-License-Identifier: Apache-2.0
import type {
  BatchOutcome,
  Deadline,
  ExportResult,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  StoredOutcome,
} from '@spanring/core'
import type { OTLPTraceExporter } from '../../../../packages/otlp-exporter/src/otlp-trace-exporter.js'
import type { Report } from '../checks/report.js'
import type { Backend } from '../world/backend.js'
import type { EventLoop } from '../world/event-loop.js'
import { indexOfSpan } from './spans.js'

/** A batch may settle so much later than its deadline, in milliseconds, beside the time for which its thread stood still. */
const LATE_MILLIS = 200

/** One batch, as the processor has sent it. */
export interface WatchedBatch {
  readonly spans: readonly number[]
  /** Undefined as long as there is none. */
  outcome: BatchOutcome | undefined
  /** Spans of it that were stored and then exported, or failed. */
  exportedLater: number
  failedLater: number
  /** Those that outlive the process. */
  kept: number
}

export interface Watch {
  readonly report: Report
  readonly backend: Backend
  readonly loop: EventLoop
}

/** Stands between the processor and the exporter, and checks what each tells the other. */
export class WatchedExporter implements IncrementalSpanExporter {
  readonly maxConcurrentBatches: number
  readonly sent: WatchedBatch[] = []
  readonly #exporter: OTLPTraceExporter
  readonly #watch: Watch
  #lastAdded = -1
  #extra = 0
  #isClosing = false

  constructor(exporter: OTLPTraceExporter, watch: Watch) {
    this.#exporter = exporter
    this.#watch = watch
    this.maxConcurrentBatches = exporter.maxConcurrentBatches
  }

  /** Batches without an outcome. */
  get inFlight(): number {
    return this.sent.reduce((count, { outcome }) => count + (outcome === undefined ? 1 : 0), 0)
  }

  extraBatches(): number {
    this.#extra = this.#exporter.extraBatches()
    return this.#extra
  }

  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    this.#watch.report.violated('the processor has called export')
    this.#exporter.export(spans as never, resultCallback)
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush()
  }

  shutdown(): Promise<void> {
    this.#isClosing = true
    return this.#exporter.shutdown()
  }

  onExit(drain: () => void): void {
    this.#exporter.onExit(drain)
  }

  openBatch(onRoom: () => void): SpanBatch | undefined {
    const batch = this.#exporter.openBatch(onRoom)
    if (batch === undefined) return undefined
    const spans: number[] = []
    return {
      get spanCount() {
        return batch.spanCount
      },
      get byteLength() {
        return batch.byteLength
      },
      add: (span) => {
        const result = batch.add(span as never)
        if (result === 'added') this.#onAdded(indexOfSpan(span), spans)
        return result
      },
      close: () => batch.close(),
      send: (deadline) => this.#send(batch, spans, deadline),
    }
  }

  /** I3 and I4: in the order in which they ended, and none twice. */
  #onAdded(index: number, spans: number[]): void {
    const last = this.#lastAdded
    this.#watch.report.check(index > last, () => `I4: span ${index} is handed over after span ${last}`)
    this.#lastAdded = index
    spans.push(index)
  }

  async #send(batch: SpanBatch, spans: readonly number[], deadline: Deadline): Promise<BatchOutcome> {
    const { report, loop } = this.#watch
    const watched: WatchedBatch = { spans, outcome: undefined, exportedLater: 0, failedLater: 0, kept: 0 }
    const count = this.inFlight
    const limit = this.maxConcurrentBatches + this.#extra
    report.check(count < limit, () => `I2: a batch is sent while ${count} of at most ${limit} are in flight`)
    this.sent.push(watched)
    const { stalledMillis } = loop
    // From now on every attempt may be the last one.
    deadline.closing?.addEventListener('abort', () => (this.#isClosing = true))
    const settle = (outcome: BatchOutcome): void => {
      if (watched.outcome !== undefined) return
      watched.outcome = outcome
      const lateMillis = loop.now() - deadline.at - (loop.stalledMillis - stalledMillis)
      report.check(lateMillis <= LATE_MILLIS, () => `I6: a batch settles ${lateMillis.toFixed(3)} ms after its deadline`)
      this.#check(watched)
    }
    // The processor settles a batch that is aborted by itself, and counts it as failed.
    deadline.signal.addEventListener('abort', () => settle({ exported: 0, failed: { aborted: spans.length } }))
    const outcome = await batch.send({
      ...deadline,
      onOutcome: (early) => {
        settle(early)
        deadline.onOutcome?.(early)
      },
      onStoredOutcome: (stored) => {
        // Its own outcome may come in the same moment.
        queueMicrotask(() => this.#onStored(watched, stored))
        deadline.onStoredOutcome?.(stored)
      },
    })
    settle(outcome)
    return outcome
  }

  #onStored(watched: WatchedBatch, { exported, failed, kept = 0 }: StoredOutcome): void {
    const { report, backend } = this.#watch
    // The processor has given the batch up, in the moment in which the export thread had stored it, and counts it as failed.
    if (watched.outcome?.failed['aborted'] === watched.spans.length) return
    watched.exportedLater += exported
    watched.failedLater += sumOf(failed)
    watched.kept += kept
    const { outcome, spans, exportedLater, failedLater } = watched
    const { headers = 0 } = failed
    report.check(headers === 0 || this.#isClosing, () => `${headers} stored spans are lost because headers() failed`)
    const { stored = 0, exported: atOnce = 0 } = outcome ?? {}
    const told = exportedLater + failedLater + watched.kept
    report.check(outcome !== undefined, () => 'the outcome of stored spans comes before that of their batch')
    report.check(told <= stored, () => `${stored} spans of a batch were stored, and ${told} have an outcome`)
    const accepted = spans.filter((index) => backend.timesOf(index) > 0).length
    report.check(
      atOnce + exportedLater <= accepted,
      () => `${atOnce + exportedLater} spans of a batch count as exported, and the backend has accepted ${accepted} of them`,
    )
  }

  #check({ spans, outcome }: WatchedBatch): void {
    const { report, backend } = this.#watch
    const { exported, failed, stored = 0 } = outcome as BatchOutcome
    const lost = sumOf(failed)
    report.check(
      exported + lost + stored === spans.length,
      () => `a batch of ${spans.length} spans ends with ${exported} exported, ${lost} failed and ${stored} stored`,
    )
    const accepted = spans.filter((index) => backend.timesOf(index) > 0).length
    report.check(
      exported <= accepted,
      () => `${exported} spans of a batch count as exported, and the backend has accepted ${accepted} of them`,
    )
  }
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
