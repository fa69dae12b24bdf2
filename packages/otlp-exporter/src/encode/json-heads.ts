// SPDX-License-Identifier: Apache-2.0
import type { SpanResource } from '../readable-span.js'
import type { CountedScope } from './counted-scope.js'
import { attributesText } from './json-value.js'
import type { JsonWriter } from './json-writer.js'
import { MAX_ELEMENTS } from './nesting.js'

/** ResourceSpans up to its list, with the comma before it: the request leaves the first one out. */
export function writeResource(writer: JsonWriter, { attributes, schemaUrl }: SpanResource): void {
  writer.begin(MAX_ELEMENTS)
  const resource = attributesText(writer, attributes).slice(1)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"resource":{${resource}}${url},"scopeSpans":[`)
}

/** ScopeSpans up to its list, with the comma before it. */
export function writeScope(writer: JsonWriter, scope: CountedScope): void {
  const { name, version, attributes, schemaUrl, droppedAttributesCount } = scope
  writer.begin(MAX_ELEMENTS)
  const scopeText =
    `"name":${writer.quote(name)}` +
    (version ? `,"version":${writer.quote(version)}` : '') +
    attributesText(writer, attributes) +
    writer.count('droppedAttributesCount', droppedAttributesCount || 0)
  const url = schemaUrl ? `,"schemaUrl":${writer.quote(schemaUrl)}` : ''
  writer.end(`,{"scope":{${scopeText}}${url},"spans":[`)
}
