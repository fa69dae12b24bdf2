// SPDX-License-Identifier: Apache-2.0
import { encodeKey } from './encoded-key.js'
import { KeyCache } from './key-cache.js'
import { writeResource, writeScope } from './protobuf-heads.js'
import { requestLength, writeRequest } from './protobuf-request.js'
import { writeSpan } from './protobuf-span.js'
import { ProtobufWriter } from './protobuf-writer.js'
import type { SpanFormat } from './span-format.js'

/** OTLP in binary protobuf, with a cache of keys of its own. */
export function protobufFormat(): SpanFormat<ProtobufWriter> {
  const keys = new KeyCache(encodeKey)
  return {
    contentType: 'application/x-protobuf',
    // A tag of one byte and a length of at most five.
    framingBytes: 6,
    createWriter: (pool, limit) => new ProtobufWriter(pool, limit, keys),
    writeSpan,
    writeResource,
    writeScope,
    requestLength,
    writeRequest,
  }
}
