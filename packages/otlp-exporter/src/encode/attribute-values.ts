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
 * Elements of whatever kind in the copy of a span (sanitize/span.ts), which no size of a request bounds: a proxy may have as
 * many as it likes.
 */
export const MAX_COPIED = 1_048_576

/** The fast path gives the span up; see sanitize/span.ts, which cuts it down. */
export class NestingLimitError extends Error {
  override readonly name = 'NestingLimitError'

  constructor() {
    super('values are nested too deep or too many')
  }
}

// oxlint-disable-next-line typescript/unbound-method -- only ever called with `call`
const lengthGetter: ((this: Uint8Array) => number) | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'length',
)?.get as ((this: Uint8Array) => number) | undefined

/** As the stock serialisers ask; the answer can be faked, and {@link lengthOfBytes} then throws. */
export function isBytes(value: object): value is Uint8Array {
  return value instanceof Uint8Array
}

/** The true length: a subclass may override `length`, and bytes of other spans would be sent in place of the missing ones. */
export function lengthOfBytes(bytes: Uint8Array): number {
  return lengthGetter === undefined ? bytes.length : lengthGetter.call(bytes)
}
