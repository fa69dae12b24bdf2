// SPDX-License-Identifier: Apache-2.0
import { types } from 'node:util'
import type { AnyAttributes } from '../readable-span.js'
import { MAX_DEPTH, MAX_ELEMENTS } from './nesting.js'

/** Copies of the values of one span that can be read without surprises: no getters, no proxies, no cycles. */
export class CleanValues {
  #elementsLeft = MAX_ELEMENTS

  /** Says whether the span may have one more element of whatever kind. */
  takeElement(): boolean {
    return --this.#elementsLeft >= 0
  }

  attributes(read: () => unknown): AnyAttributes {
    try {
      const attributes = read()
      return typeof attributes === 'object' && attributes !== null ? this.#record(attributes, 0) : {}
    } catch {
      return {}
    }
  }

  /** A string as it is but with U+FFFD for lone surrogates; '' for what is none. */
  text(value: unknown): string {
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
    return typeof value === 'string' ? wellFormed(value) : ''
  }

  #value(read: () => unknown, depth: number): unknown {
    try {
      const value = read()
      if (typeof value === 'string') return wellFormed(value)
      if (typeof value !== 'object' || value === null) return value
      if (types.isUint8Array(value)) return Uint8Array.prototype.slice.call(value)
      // What is cut off is null, the only kind of value that says nothing.
      if (depth >= MAX_DEPTH || this.#elementsLeft <= 0) return null
      return Array.isArray(value) ? this.#array(value, depth + 1) : this.#record(value, depth + 1)
    } catch {
      return null
    }
  }

  #array(values: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = []
    for (let i = 0; i < values.length && this.takeElement(); i++) {
      copy.push(this.#value(() => values[i], depth))
    }
    return copy
  }

  /** Without a prototype: an attribute may be called `__proto__`. */
  #record(record: object, depth: number): AnyAttributes {
    const copy: Record<string, unknown> = Object.create(null)
    for (const key of Object.keys(record)) {
      if (!this.takeElement()) break
      copy[wellFormed(key)] = this.#value(() => Reflect.get(record, key), depth)
    }
    return copy
  }
}

function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replaceAll(/\p{Surrogate}/gu, '\uFFFD') : text
}
