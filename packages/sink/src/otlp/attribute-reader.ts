// SPDX-License-Identifier: Apache-2.0
import { DecodeError } from './decoded-request.js'
import type { Fields, LeafReader } from './leaf-reader.js'
import type { AttributeHolder, Attributes, RepeatedKey, Value } from './value.js'

// protobufjs has a similar limit, but its exact value depends on the surrounding message. JSON has none.
const maxDepth = 100

/** Reads lists of keys and values at any depth, and keeps repeated keys, which a record cannot hold. */
export class AttributeReader {
  readonly #leaf: LeafReader
  readonly #unknownField: (type: string, name: string) => void
  /** The path to the current value. A single array for all values, so that no value needs one of its own. */
  readonly #path: (string | number)[] = []
  #repeatedKeys: RepeatedKey[] = []

  constructor(leaf: LeafReader, unknownField: (type: string, name: string) => void) {
    this.#leaf = leaf
    this.#unknownField = unknownField
  }

  read(holder: Fields): AttributeHolder {
    this.#repeatedKeys = []
    const attributes = this.#list(holder['attributes'])
    const repeatedKeys = this.#repeatedKeys
    const droppedAttributesCount = this.#leaf.uint32(holder['droppedAttributesCount'], 'droppedAttributesCount')
    return repeatedKeys.length === 0
      ? { attributes, droppedAttributesCount }
      : { attributes, repeatedKeys, droppedAttributesCount }
  }

  #list(raw: unknown): Attributes {
    const record: Record<string, Value> = {}
    for (const item of this.#leaf.list(raw, 'attributes')) {
      const pair = this.#message(item, 'KeyValue')
      const key = this.#leaf.text(pair['key'], 'KeyValue.key')
      const value = this.#value(pair['value'], key)
      if (Object.hasOwn(record, key)) this.#repeatedKeys.push({ path: [...this.#path, key], value })
      // A plain assignment would set the prototype, and the value would be lost.
      else if (key === '__proto__')
        Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true })
      else record[key] = value
    }
    return record
  }

  #value(raw: unknown, step: string | number): Value {
    if (raw === undefined || raw === null) return null
    if (this.#path.length >= maxDepth) throw new DecodeError(`a value is nested more than ${maxDepth} levels deep`)
    this.#path.push(step)
    const value = this.#content(raw)
    this.#path.pop()
    return value
  }

  #content(raw: unknown): Value {
    const anyValue = this.#message(raw, 'AnyValue')
    const choice = this.#leaf.choice(anyValue)
    if (choice === undefined) return null
    const content = anyValue[choice]
    const where = `AnyValue.${choice}`
    switch (choice) {
      case 'stringValue':
        return this.#leaf.text(content, where)
      case 'boolValue':
        return this.#leaf.bool(content, where)
      case 'intValue':
        return this.#leaf.int64(content, where)
      case 'doubleValue':
        return this.#leaf.double(content, where)
      case 'bytesValue':
        return this.#leaf.bytes(content, where)
      case 'arrayValue': {
        const items = this.#leaf.list(this.#message(content, 'ArrayValue')['values'], where)
        return items.map((item, position) => this.#value(item, position))
      }
      case 'kvlistValue':
        return this.#list(this.#message(content, 'KeyValueList')['values'])
      default:
        throw new DecodeError(`AnyValue has an unexpected ${choice}`)
    }
  }

  #message(raw: unknown, type: string): Fields {
    return this.#leaf.message(raw, type, this.#unknownField)
  }
}
