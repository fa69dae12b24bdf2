// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'
import { attempt } from './attempt.js'
import { CleanValues } from './clean-values.js'

/** A copy of a resource on which the encoder has failed, without what throws or makes no sense. */
export function cleanResource(resource: SpanResource): SpanResource {
  const values = new CleanValues()
  return {
    attributes: values.attributes(() => resource.attributes),
    schemaUrl: values.text(attempt(() => resource.schemaUrl)),
  }
}

/** The same for a scope. */
export function cleanScope(scope: InstrumentationScope): InstrumentationScope {
  const values = new CleanValues()
  return {
    name: values.text(attempt(() => scope.name)),
    version: values.text(attempt(() => scope.version)),
    schemaUrl: values.text(attempt(() => scope.schemaUrl)),
    attributes: values.attributes(() => scope.attributes),
  }
}
