// SPDX-License-Identifier: Apache-2.0
import { writeResource, writeScope } from './json-heads.js'
import { requestLength, writeRequest } from './json-request.js'
import { writeSpan } from './json-span.js'
import { JsonWriter, quoteKey } from './json-writer.js'
import { KeyCache } from './key-cache.js'
import type { SpanFormat } from './span-format.js'

/** OTLP/JSON: ids in hex, enums as numbers, names in lowerCamelCase, 64-bit integers as strings. */
export function jsonFormat(): SpanFormat<JsonWriter> {
  const keys = new KeyCache(quoteKey)
  return {
    contentType: 'application/json',
    // `]}` behind the list of a resource or scope, and what is around all of them.
    framingBytes: 24,
    createWriter: (pool, limit) => new JsonWriter(pool, limit, keys),
    writeSpan,
    writeResource,
    writeScope,
    requestLength,
    writeRequest,
  }
}
