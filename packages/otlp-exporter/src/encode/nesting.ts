// SPDX-License-Identifier: Apache-2.0

/**
 * How deep arrays and maps may be nested. Each level is up to three messages, and the decoders of several languages stop
 * at 100, five of which are around the attribute; the whole request would be refused.
 */
export const MAX_DEPTH = 30

/**
 * Arrays and maps that stand in other arrays and maps, and the entries of these maps, in all of one span. A map that holds
 * itself twice doubles with every level; so many take some milliseconds. Elements of arrays are not counted, nor are
 * attributes, events and links: they do not multiply by themselves, and the size of a request bounds them.
 */
export const MAX_NESTED = 65_536

/**
 * Elements of whatever kind in the copy of a span (clean-span.ts), which no size of a request bounds: a proxy may have as
 * many as it likes.
 */
export const MAX_COPIED = 1_048_576

/** The fast path gives the span up; see clean-span.ts, which cuts it down. */
export class TooDeepOrMany extends Error {
  override readonly name = 'TooDeepOrMany'

  constructor() {
    super('values are nested too deep or too many')
  }
}
