// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from 'node:util'

export interface FieldDifference {
  /** With positions left out. */
  readonly path: string
  readonly a: string
  readonly b: string
}

/** Field by field, down to what has none. */
export function fieldDifferences(path: string, a: unknown, b: unknown): FieldDifference[] {
  if (isDeepStrictEqual(a, b)) return []
  if (!isObject(a) || !isObject(b)) return [{ path, a: JSON.stringify(a) ?? 'absent', b: JSON.stringify(b) ?? 'absent' }]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const found = names.flatMap((name) => fieldDifferences(Array.isArray(a) ? `${path}[]` : `${path}.${name}`, a[name], b[name]))
  // Equal members in another order.
  return found.length > 0 ? found : [{ path, a: JSON.stringify(a), b: JSON.stringify(b) }]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
