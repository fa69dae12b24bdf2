// SPDX-License-Identifier: Apache-2.0
import { writeAttributes } from './any-value.js'
import type { CountedResource, CountedScope } from './counted-heads.js'
import { MAX_NESTED } from './nesting.js'
import type { ProtobufWriter } from './protobuf-writer.js'

/** ResourceSpans but for its spans: the schema URL, field 3, may stand before them. */
export function writeResource(writer: ProtobufWriter, resource: CountedResource): void {
  const { attributes, schemaUrl, droppedAttributesCount } = resource
  writer.nestedLeft = MAX_NESTED
  const from = writer.open(0x0a, 2)
  if (attributes) writeAttributes(writer, 0x0a, attributes)
  if (droppedAttributesCount) writer.count(0x10, droppedAttributesCount)
  writer.close(from, 2)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}

/** ScopeSpans but for its spans. */
export function writeScope(writer: ProtobufWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.nestedLeft = MAX_NESTED
  const from = writer.open(0x0a, 1)
  writer.text(0x0a, name)
  if (version) writer.text(0x12, version)
  if (attributes) writeAttributes(writer, 0x1a, attributes)
  if (droppedAttributesCount) writer.count(0x20, droppedAttributesCount)
  writer.close(from, 1)
  if (schemaUrl) writer.text(0x1a, schemaUrl)
}
