// SPDX-License-Identifier: Apache-2.0

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
