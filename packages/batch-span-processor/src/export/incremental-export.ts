// SPDX-License-Identifier: Apache-2.0
import type { IncrementalSpanExporter, SpanExporter } from '@spanring/core'

/**
 * The `export` of an incremental exporter that may be bypassed, or undefined if there is none. An incremental exporter is
 * recognized by its shape, and only if its `export` comes from the same class as `openBatch`. A subclass, patch or proxy with
 * an `export` of its own, for example to redact spans, must see every span.
 */
export function exportOfBatches(exporter: SpanExporter): SpanExporter['export'] | undefined {
  try {
    for (let owner = exporter as IncrementalSpanExporter; owner; owner = Object.getPrototypeOf(owner)) {
      if (!Object.hasOwn(owner, 'openBatch')) continue
      if (typeof (exporter as { openBatch?: unknown }).openBatch !== 'function') return undefined
      // It must come from the class of `openBatch`: a declaration does not apply to a subclass with its own `openBatch`.
      if (Object.hasOwn(owner, 'exportOfBatches')) return (exporter as IncrementalSpanExporter).exportOfBatches
      // oxlint-disable-next-line typescript/unbound-method -- only compared
      return owner.export
    }
  } catch {
    // An exporter that cannot be inspected gets arrays.
  }
  return undefined
}
