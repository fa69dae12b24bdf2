// SPDX-License-Identifier: Apache-2.0
import type { SpanResource } from '../readable-span.js'
import { writeAttributes } from './any-value.js'
import type { CountedScope } from './counted-scope.js'
import { MAX_ELEMENTS } from './nesting.js'
import type { ProtobufWriter } from './protobuf-writer.js'

/** ResourceSpans but for its spans: the schema URL, field 3, may stand before them. */
export function writeResource(writer: ProtobufWriter, { attributes, schemaUrl }: SpanResource): void {
  writer.elementsLeft = MAX_ELEMENTS
  const from = writer.open(0x0a, 2)
  if (attributes) writeAttributes(writer, 0x0a, attributes)
  writer.close(from, 2)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}

/** ScopeSpans but for its spans. */
export function writeScope(writer: ProtobufWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.elementsLeft = MAX_ELEMENTS
  const from = writer.open(0x0a, 1)
  writer.text(0x0a, name)
  if (version) writer.text(0x12, version)
  if (attributes) writeAttributes(writer, 0x1a, attributes)
  if (droppedAttributesCount) writer.count(0x20, droppedAttributesCount)
  writer.close(from, 1)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}
