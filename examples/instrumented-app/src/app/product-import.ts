// SPDX-License-Identifier: Apache-2.0
import { trace } from '@opentelemetry/api'
import type { ProductRow } from './order-store.js'

const tracer = trace.getTracer('product-import')

/** Checks the rows of an import in one synchronous stretch, with a span for each row. */
export function checkProducts(rows: readonly ProductRow[]): ProductRow[] {
  return rows.map((row, index) =>
    tracer.startActiveSpan('check product', { attributes: { 'import.row': index, 'product.sku': row.sku } }, (span) => {
      try {
        return { sku: row.sku.trim().toLowerCase(), name: row.name.trim() }
      } finally {
        span.end()
      }
    }),
  )
}
