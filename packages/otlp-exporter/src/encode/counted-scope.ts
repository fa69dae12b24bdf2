// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope } from '../readable-span.js'

/** A scope as SDK 2.x and 3.x have it internally: the count is in no published type. */
export interface CountedScope extends InstrumentationScope {
  readonly droppedAttributesCount?: number | undefined
}
