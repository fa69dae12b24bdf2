// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessorOptions } from '@spanring/batch-span-processor'

type MeterProvider = NonNullable<BatchSpanProcessorOptions['selfObsMeterProvider']>

const PROCESSED = 'otel.sdk.processor.span.processed'

/** A metrics SDK of which nothing is needed but the sums of one counter; it misbehaves when it is told to. */
export class CountingMeters {
  exported = 0
  readonly lost: Record<string, number> = {}
  /** Of observable instruments, added and not yet removed. */
  callbacks = 0
  /** Every `add` counts, and then does this. */
  onAdd: () => unknown = () => {}

  readonly provider: MeterProvider = { getMeter: () => this.#meter } as unknown as MeterProvider

  readonly #meter: unknown = {
    createCounter: (name: string) => ({
      add: (value: number, attributes: Record<string, unknown> = {}) => {
        if (name === PROCESSED) this.#count(value, attributes['error.type'])
        return this.onAdd()
      },
    }),
    createUpDownCounter: () => ({ add: () => {} }),
    createHistogram: () => ({ record: () => {} }),
    createObservableGauge: () => this.#observable,
    createObservableUpDownCounter: () => this.#observable,
    createObservableCounter: () => this.#observable,
    addBatchObservableCallback: () => void this.callbacks++,
    removeBatchObservableCallback: () => void this.callbacks--,
  }

  readonly #observable = { addCallback: () => void this.callbacks++, removeCallback: () => void this.callbacks-- }

  #count(value: number, errorType: unknown): void {
    if (typeof errorType === 'string') this.lost[errorType] = (this.lost[errorType] ?? 0) + value
    else this.exported += value
  }
}
