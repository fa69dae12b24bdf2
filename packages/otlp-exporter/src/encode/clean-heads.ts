// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'
import { CleanValues } from './clean-values.js'
import type { CountedResource, CountedScope } from './counted-heads.js'

/** A copy of a resource on which the encoder has failed, without what throws or makes no sense; that is counted. */
export function cleanResource(resource: SpanResource): CountedResource {
  const values = new CleanValues()
  const { attributes, dropped } = values.attributes(() => resource.attributes)
  return {
    attributes,
    schemaUrl: values.text(values.attempt(() => resource.schemaUrl)),
    droppedAttributesCount: dropped,
    isCut: values.isCut,
  }
}

/** The same for a scope. */
export function cleanScope(scope: InstrumentationScope): CountedScope {
  const values = new CleanValues()
  const { attributes, dropped } = values.attributes(() => scope.attributes)
  return {
    name: values.text(values.attempt(() => scope.name)),
    version: values.text(values.attempt(() => scope.version)),
    schemaUrl: values.text(values.attempt(() => scope.schemaUrl)),
    attributes,
    droppedAttributesCount: dropped,
    isCut: values.isCut,
  }
}
