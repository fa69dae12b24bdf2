// SPDX-License-Identifier: Apache-2.0
import { fieldDifferences } from '@spanring/test-kit/field-differences'
import type { WrittenSpans } from './written-spans.js'

export interface Comparison {
  /** Ids of spans that stock delivered and ours did not. */
  readonly missing: readonly string[]
  /** Ids of spans that ours delivered and stock did not. */
  readonly extra: readonly string[]
  /** By the path of the field: in how many spans it differs, and the first of them. */
  readonly differences: ReadonlyMap<string, Difference>
}

interface Difference {
  readonly spans: number
  readonly id: string
  readonly stock: string
  readonly ours: string
}

/** Span by span, field by field. */
export function compareSpans(stock: WrittenSpans, ours: WrittenSpans): Comparison {
  const differences = new Map<string, Difference>()
  const missing: string[] = []
  for (const [id, theirs] of stock.byId) {
    const own = ours.byId.get(id)
    if (own === undefined) missing.push(id)
    else if (own !== theirs) {
      // A field may differ twice in one span.
      const fields = new Map(fieldDifferences('', JSON.parse(theirs), JSON.parse(own)).map((field) => [field.path, field]))
      for (const { path, a, b } of fields.values())
        differences.set(path, { id, stock: a, ours: b, ...differences.get(path), spans: (differences.get(path)?.spans ?? 0) + 1 })
    }
  }
  const extra = [...ours.byId.keys()].filter((id) => !stock.byId.has(id))
  return { missing, extra, differences }
}

/** For people; at most a few lines. */
export function describeComparison({ missing, extra, differences }: Comparison): string[] {
  const lines: string[] = []
  if (missing.length > 0) lines.push(`${missing.length} spans of stock are missing from ours, first ${missing[0]}`)
  if (extra.length > 0) lines.push(`${extra.length} spans of ours are missing from stock, first ${extra[0]}`)
  for (const [path, { spans, id, stock, ours }] of [...differences].slice(0, 10))
    lines.push(`${path} differs in ${spans} spans, first ${id}: stock ${stock}, ours ${ours}`)
  return lines
}
