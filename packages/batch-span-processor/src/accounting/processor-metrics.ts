// SPDX-License-Identifier: Apache-2.0
import type { Attributes, Counter, MeterProvider, ObservableCallback, UpDownCounter } from '@opentelemetry/api'
import { takeComponentNumber } from '@spanring/core'
import { sum } from './ledger.js'
import type { Transitions } from './ledger.js'

/** The semantic conventions define this value for a processor that batches spans. Dashboards filter by it. */
const COMPONENT_TYPE = 'batching_span_processor'
const unit = '{span}'
/** Stands in for a reason, for spans that were handed over. */
const NO_ERROR = ''

/**
 * The `otel.sdk.processor.span.*` metrics of the semantic conventions. A span counts as processed when it is handed to the
 * exporter, whatever its outcome. It also does when it is dropped or when the exporter refuses it, with the reason as
 * `error.type`. So a span that the exporter stores is counted once, when it is handed over, and not again when it is exported,
 * lost or kept.
 *
 * The queue size is the number of spans that wait as objects, which is what the capacity limits: `queued` in `stats()`.
 *
 * Counts are reported by the drain loop as differences, so no code of a metrics SDK runs inside `span.end()`.
 */
export class ProcessorMetrics {
  readonly #ledger: Pick<Transitions, 'counts' | 'refused' | 'waiting'>
  readonly #getCapacity: () => number
  readonly #attributes: Attributes
  readonly #processed: Counter
  readonly #capacity: UpDownCounter
  readonly #stopObserving: () => void
  /** What was reported so far, by reason. No reason is used for both dropped and refused spans. */
  readonly #seen: Record<string, number> = {}
  #seenCapacity = 0

  constructor(provider: MeterProvider, ledger: Pick<Transitions, 'counts' | 'refused' | 'waiting'>, getCapacity: () => number) {
    this.#ledger = ledger
    this.#getCapacity = getCapacity
    this.#attributes = {
      'otel.component.type': COMPONENT_TYPE,
      'otel.component.name': `${COMPONENT_TYPE}/${takeComponentNumber(COMPONENT_TYPE)}`,
    }
    const meter = provider.getMeter('@spanring/batch-span-processor')
    // Descriptions are copied from the conventions: a metrics SDK warns if two SDKs in a process describe a metric differently.
    this.#processed = meter.createCounter('otel.sdk.processor.span.processed', {
      unit,
      description: 'The number of spans for which the processing has finished, either successful or failed.',
    })
    this.#capacity = meter.createUpDownCounter('otel.sdk.processor.span.queue.capacity', {
      unit,
      description: 'The maximum number of spans the queue of a given instance of an SDK span processor can hold.',
    })
    const queueSize = meter.createObservableUpDownCounter('otel.sdk.processor.span.queue.size', {
      unit,
      description: 'The number of spans in the queue of a given instance of an SDK span processor.',
    })
    const observe: ObservableCallback = (result) => result.observe(ledger.counts.queued, this.#attributes)
    queueSize.addCallback(observe)
    this.#stopObserving = () => queueSize.removeCallback(observe)
    this.#reportCapacity()
  }

  /** Adds the differences since the last call. */
  report(): void {
    const { counts, refused, waiting } = this.#ledger
    const handedOver = counts.ended - sum(counts.dropped) - sum(refused) - waiting
    for (const [reason, total] of Object.entries({ [NO_ERROR]: handedOver, ...counts.dropped, ...refused })) {
      const count = total - (this.#seen[reason] ?? 0)
      // Updated before add(), so that the same spans are not counted again if add() throws.
      this.#seen[reason] = total
      if (count > 0) this.#processed.add(count, { ...this.#attributes, ...(reason && { 'error.type': reason }) })
    }
    this.#reportCapacity()
  }

  #reportCapacity(): void {
    const change = this.#getCapacity() - this.#seenCapacity
    this.#seenCapacity += change
    if (change !== 0) this.#capacity.add(change, this.#attributes)
  }

  close(): void {
    this.#stopObserving()
    this.report()
  }
}
