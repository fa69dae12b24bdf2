// SPDX-License-Identifier: Apache-2.0

/**
 * How deep arrays and maps may be nested. Each level is up to three messages, and the decoders of several languages stop
 * at 100, five of which are around the attribute; the whole request would be refused.
 */
export const MAX_DEPTH = 30

/**
 * Elements of arrays and maps in one span, all levels together, and its events and links. A map that holds itself twice
 * doubles with every level, and a proxy may have as many elements as it likes; so many take some milliseconds.
 */
export const MAX_ELEMENTS = 32_768

/** The fast path gives the span up; see clean-span.ts, which cuts it down. */
export class TooDeepOrMany extends Error {
  override readonly name = 'TooDeepOrMany'

  constructor() {
    super('values are nested too deep or too many')
  }
}
