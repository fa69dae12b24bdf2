// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from '@spanring/sink'
import { fieldDifferences } from '@spanring/test-kit/field-differences'
import type { CellResult } from './run-group.js'

/** Undefined if the spans are those of the reference, each once; else what is wrong, in a line. */
export function faultOf(cell: CellResult, reference: readonly ReceivedSpan[]): string | undefined {
  // One line, without the port, which is another one in each cell.
  if (cell.error !== undefined) return cell.error.split('\n')[0]?.replaceAll(/https?:\/\/\S+: /g, '')
  if (cell.spans.length !== reference.length) return `${cell.spans.length} of ${reference.length} spans arrived`
  if (cell.duplicates > 0) return `${cell.duplicates} spans arrived twice`
  if (cell.exporter === 'spanring thread' && !cell.hasThread && !hasFallenBack(cell))
    return 'there is no export thread, and no warning says so'
  const fields = new Set<string>()
  let different = 0
  for (const [index, span] of cell.spans.entries()) {
    const found = fieldsThatDiffer(span, reference[index])
    if (found.length > 0) different++
    for (const field of found) fields.add(field)
  }
  return different === 0 ? undefined : `${different} spans differ in ${[...fields].slice(0, 5).join(', ')}`
}

/** Whether the exporter has said that there can be no export thread. */
export function hasFallenBack({ warnings }: CellResult): boolean {
  return warnings.some((text) => text.includes('[SPANRING_EXPORT_THREAD]') && text.endsWith('spans are sent from this thread'))
}

/** Paths, with positions left out. */
export function fieldsThatDiffer(a: unknown, b: unknown): string[] {
  return fieldDifferences('', a, b).map(({ path }) => path)
}
