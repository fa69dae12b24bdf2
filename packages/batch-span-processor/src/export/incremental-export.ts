// SPDX-License-Identifier: Apache-2.0
import type { IncrementalSpanExporter, SpanExporter } from '@spanring/core'

/**
 * The `export` of an incremental exporter that may be bypassed, or undefined if there is none. Known by its shape, and
 * only if its `export` is that of whoever brought `openBatch`: a subclass, a patch or a proxy with an `export` of its own,
 * to take secrets out of spans, say, wants every span to go through it.
 */
export function exportOfBatches(exporter: SpanExporter): SpanExporter['export'] | undefined {
  try {
    for (let owner = exporter as IncrementalSpanExporter; owner; owner = Object.getPrototypeOf(owner)) {
      if (!Object.hasOwn(owner, 'openBatch')) continue
      if (typeof (exporter as { openBatch?: unknown }).openBatch !== 'function') return undefined
      // What a class declares is not true of a subclass that brings an `openBatch` of its own.
      if (Object.hasOwn(owner, 'exportOfBatches')) return (exporter as IncrementalSpanExporter).exportOfBatches
      // oxlint-disable-next-line typescript/unbound-method -- only compared
      return owner.export
    }
  } catch {
    // An exporter that will not be looked into is only asked to export.
  }
  return undefined
}
