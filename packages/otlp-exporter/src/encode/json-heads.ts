// SPDX-License-Identifier: Apache-2.0
import type { CountedResource, CountedScope } from './counted-heads.js'
import { attributesText } from './json-value.js'
import type { JsonWriter } from './json-writer.js'

/** ResourceSpans up to its list, with the comma before it: the request leaves the first one out. */
export function writeResource(writer: JsonWriter, resource: CountedResource): void {
  const { attributes, schemaUrl, droppedAttributesCount } = resource
  writer.begin()
  const content = attributesText(writer, attributes) + writer.count('droppedAttributesCount', droppedAttributesCount || 0)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"resource":{${content.slice(1)}}${url},"scopeSpans":[`)
}

/** ScopeSpans up to its list, with the comma before it. */
export function writeScope(writer: JsonWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.begin()
  const scopeText =
    `"name":${writer.quote(name)}` +
    (version ? `,"version":${writer.quote(version)}` : '') +
    attributesText(writer, attributes) +
    writer.count('droppedAttributesCount', droppedAttributesCount || 0)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"scope":{${scopeText}}${url},"spans":[`)
}
