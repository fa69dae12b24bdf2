// SPDX-License-Identifier: Apache-2.0
import type { Attributes, Counter, MeterProvider, ObservableCallback, UpDownCounter } from '@opentelemetry/api'
import { takeComponentNumber } from '@spanring/core'
import type { Ledger } from './ledger.js'

/** What dashboards key on, in every SDK; the conventions ask for this value where a processor batches spans. */
const COMPONENT_TYPE = 'batching_span_processor'
const unit = '{span}'

/**
 * The `otel.sdk.processor.span.*` metrics of the semantic conventions. A span is processed when it is handed to the
 * exporter, whatever comes of the export, or when it is dropped or refused by the exporter, with the reason as
 * `error.type`.
 *
 * The size of the queue is that of what its capacity limits, spans that wait as objects: `queued` in `stats()`.
 *
 * Counts are reported as differences from the drain loop, so no code of a metrics SDK runs inside `span.end()`.
 */
export class ProcessorMetrics {
  readonly #ledger: Ledger
  readonly #attributes: Attributes
  readonly #processed: Counter
  readonly #stopObserving: () => void
  /** By reason; none is both dropped and refused. */
  readonly #seenErrors: Record<string, number> = {}
  #seenHandedOver = 0
  readonly #getCapacity: () => number
  readonly #capacity: UpDownCounter
  #seenCapacity = 0

  constructor(
    provider: MeterProvider,
    ledger: Ledger,
    queue: { readonly getCapacity: () => number; readonly getSize: () => number },
  ) {
    this.#ledger = ledger
    this.#getCapacity = queue.getCapacity
    this.#attributes = {
      'otel.component.type': COMPONENT_TYPE,
      'otel.component.name': `${COMPONENT_TYPE}/${takeComponentNumber(COMPONENT_TYPE)}`,
    }
    const meter = provider.getMeter('@spanring/batch-span-processor')
    // Described in the words of the conventions: what differs between two SDKs in a process, a metrics SDK warns about.
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
    const observe: ObservableCallback = (result) => result.observe(queue.getSize(), this.#attributes)
    queueSize.addCallback(observe)
    this.#stopObserving = () => queueSize.removeCallback(observe)
    this.#reportCapacity()
  }

  /** Adds what has happened since the last call. */
  report(): void {
    const { handedOver, dropped, refused } = this.#ledger
    const sent = handedOver - this.#seenHandedOver
    // Remembered first: if add() throws, the same spans are not counted again and again.
    this.#seenHandedOver = handedOver
    if (sent > 0) this.#processed.add(sent, this.#attributes)
    this.#reportCapacity()
    this.#reportErrors(dropped)
    this.#reportErrors(refused)
  }

  #reportCapacity(): void {
    const change = this.#getCapacity() - this.#seenCapacity
    this.#seenCapacity += change
    if (change !== 0) this.#capacity.add(change, this.#attributes)
  }

  #reportErrors(totals: Readonly<Record<string, number>>): void {
    for (const [reason, total] of Object.entries(totals)) {
      const count = total - (this.#seenErrors[reason] ?? 0)
      this.#seenErrors[reason] = total
      if (count > 0) this.#processed.add(count, { ...this.#attributes, 'error.type': reason })
    }
  }

  close(): void {
    this.#stopObserving()
    this.report()
  }
}
