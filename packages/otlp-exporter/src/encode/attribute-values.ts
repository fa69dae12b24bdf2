// SPDX-License-Identifier: Apache-2.0

/**
 * How deep arrays and maps may be nested. Each level takes up to three protobuf messages. Decoders in several languages
 * refuse the whole request beyond 100 nested messages, five of which are around the attribute.
 */
export const MAX_DEPTH = 30

/**
 * How many nested arrays and maps, and entries of nested maps, one span may have. A map that contains itself twice doubles
 * with every level. This many take a few milliseconds. Elements of arrays, attributes, events and links are not counted: they
 * do not multiply by themselves, and the size of a request bounds them.
 */
export const MAX_NESTED = 65_536

/**
 * How many elements of any kind the sanitized copy of a span may have. The size of a request does not bound them, because a
 * proxy may pretend to have any number.
 */
export const MAX_COPIED = 1_048_576

/** Thrown by the fast path; the sanitizer then cuts the values down to the limits. */
export class NestingLimitError extends Error {
  override readonly name = 'NestingLimitError'

  constructor() {
    super('attribute values are nested too deeply or too often')
  }
}

// oxlint-disable-next-line typescript/unbound-method -- only ever called with `call`
const lengthGetter: ((this: Uint8Array) => number) | undefined = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'length',
)?.get as ((this: Uint8Array) => number) | undefined

/** The same check as in the stock serialisers. An object can fake it; {@link lengthOfBytes} throws for such an object. */
export function isBytes(value: object): value is Uint8Array {
  return value instanceof Uint8Array
}

/** The true length. A subclass may override `length`, and bytes of other spans would then be sent to fill the difference. */
export function lengthOfBytes(bytes: Uint8Array): number {
  return lengthGetter === undefined ? bytes.length : lengthGetter.call(bytes)
}
