// SPDX-License-Identifier: Apache-2.0

/**
 * One attribute value; its JavaScript type tells which kind was sent: `bigint` an int64, `number` a double,
 * `Uint8Array` bytes, an object a list of keys and values, and `null` a value without content.
 */
export type Value = null | string | boolean | bigint | number | Uint8Array | readonly Value[] | Attributes

/** Order is not kept: attributes are a set. A key sent more than once has its first value here; see {@link RepeatedKey}. */
export interface Attributes {
  readonly [key: string]: Value
}

/** A value whose key had been used before in the same list: OTLP forbids it, so a test wants to see it. */
export interface RepeatedKey {
  /** Keys, and positions in arrays, from the attributes down to the value. */
  readonly path: readonly (string | number)[]
  readonly value: Value
}

export interface AttributeHolder {
  readonly attributes: Attributes
  /** Absent when every key was sent once, which is all that OTLP allows. */
  readonly repeatedKeys?: readonly RepeatedKey[]
  readonly droppedAttributesCount: number
}
