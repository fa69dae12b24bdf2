// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'

/** A scope as SDK 2.x and 3.x have it internally: the count is in no published type. */
export interface CountedScope extends InstrumentationScope, Counted {}

/** No SDK counts what it drops of a resource; we do. */
export interface CountedResource extends SpanResource, Counted {}

interface Counted {
  readonly droppedAttributesCount?: number | undefined
  /** Of a copy: whether it lacks anything. */
  readonly isCut?: boolean | undefined
}
