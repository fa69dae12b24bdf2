// SPDX-License-Identifier: Apache-2.0
import type { GroupHeads } from './span-groups.js'

/** What a request holds of one resource. */
export interface ResourcePart {
  readonly head: Uint8Array
  readonly scopes: ScopePart[]
}

/** What a request holds of one scope: the spans between pairs of positions in the buffer of spans. */
export interface ScopePart {
  readonly head: Uint8Array
  /** From, to, from, to, … in the order in which the spans ended. */
  readonly ranges: number[]
  spanBytes: number
}

/** Sorts the spans `from` to `to` by resource and scope; those that lie side by side become one range. */
export function requestParts(
  groups: readonly GroupHeads[],
  groupOf: readonly number[],
  ends: readonly number[],
  from: number,
  to: number,
): ResourcePart[] {
  const resources = new Map<Uint8Array, ResourcePart>()
  const scopes: (ScopePart | undefined)[] = []
  let start = from === 0 ? 0 : ends[from - 1]!
  for (let i = from; i < to; i++) {
    const group = groupOf[i]!
    const end = ends[i]!
    const scope = (scopes[group] ??= addScope(resources, groups[group]!))
    const { ranges } = scope
    if (ranges.length > 0 && ranges[ranges.length - 1] === start) ranges[ranges.length - 1] = end
    else ranges.push(start, end)
    scope.spanBytes += end - start
    start = end
  }
  return [...resources.values()]
}

function addScope(resources: Map<Uint8Array, ResourcePart>, heads: GroupHeads): ScopePart {
  let resource = resources.get(heads.resource)
  if (resource === undefined) {
    resource = { head: heads.resource, scopes: [] }
    resources.set(heads.resource, resource)
  }
  const scope: ScopePart = { head: heads.scope, ranges: [], spanBytes: 0 }
  resource.scopes.push(scope)
  return scope
}
