// SPDX-License-Identifier: Apache-2.0
import { KeyCache } from '../key-cache.js'
import { putSpans, type ResourcePart, type SpanFormat } from '../span-format.js'
import { writeResource, writeScope, writeSpan } from './span.js'
import { JsonWriter, quoteKey } from './writer.js'

const START = Buffer.from('{"resourceSpans":[')
const END = Buffer.from(']}')

/** OTLP/JSON: ids in hex, enums as numbers, names in lowerCamelCase, 64-bit integers as strings. */
export function jsonFormat(): SpanFormat<JsonWriter> {
  const keys = new KeyCache(quoteKey)
  return {
    contentType: 'application/json',
    // Covers `]}` after the list of a resource or a scope, and what surrounds all of them.
    framingBytes: 24,
    createWriter: (pool, limit) => new JsonWriter(pool, limit, keys),
    writeSpan,
    writeResource,
    writeScope,
    requestLength,
    // The ends of the scope, the resource and the request.
    tailBytes: 3 * END.length,
    writeRequest,
  }
}

function requestLength(parts: readonly ResourcePart[]): number {
  // Every element of a list was encoded with a comma in front. The first element of each list loses it.
  let length = START.length + END.length - (parts.length > 0 ? 1 : 0)
  for (const { prefix, scopes } of parts) {
    length += prefix.length + END.length - 1
    for (const scope of scopes) length += scope.prefix.length + scope.spanBytes + END.length - 1
  }
  return length
}

function writeRequest(parts: readonly ResourcePart[], spans: Buffer, out: Buffer): void {
  let at = START.copy(out)
  for (const [i, resource] of parts.entries()) {
    at = put(out, at, resource.prefix, i === 0)
    for (const [j, scope] of resource.scopes.entries()) {
      at = put(out, at, scope.prefix, j === 0)
      for (let k = 0; k < scope.ranges.length; k += 2) {
        const from = scope.ranges[k]! + (k === 0 ? 1 : 0)
        at += putSpans(spans, from, scope.ranges[k + 1]!, out, at)
      }
      at += END.copy(out, at)
    }
    at += END.copy(out, at)
  }
  END.copy(out, at)
}

function put(out: Buffer, at: number, prefix: Uint8Array, isFirst: boolean): number {
  const element = isFirst ? prefix.subarray(1) : prefix
  out.set(element, at)
  return at + element.length
}
