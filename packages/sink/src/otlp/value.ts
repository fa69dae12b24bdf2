// SPDX-License-Identifier: Apache-2.0

/**
 * One attribute value. Its JavaScript type shows which kind was sent: `bigint` is an int64, `number` a double, `Uint8Array`
 * bytes, an object a list of keys and values, and `null` a value without content.
 */
export type Value = null | string | boolean | bigint | number | Uint8Array | readonly Value[] | Attributes

/** Unordered, because attributes are a set. A key that was sent twice has its first value; see {@link RepeatedKey}. */
export interface Attributes {
  readonly [key: string]: Value
}

/** A value whose key was used before in the same list. OTLP forbids this, so tests need to see it. */
export interface RepeatedKey {
  /** Keys, and positions in arrays, from the attributes down to the value. */
  readonly path: readonly (string | number)[]
  readonly value: Value
}

export interface AttributeHolder {
  readonly attributes: Attributes
  /** Absent if every key was sent once, as OTLP requires. */
  readonly repeatedKeys?: readonly RepeatedKey[]
  readonly droppedAttributesCount: number
}
