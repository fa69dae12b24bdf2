// SPDX-License-Identifier: Apache-2.0
import { types } from 'node:util'
import type { AnyAttributes } from '../../readable-span.js'
import { MAX_COPIED, MAX_DEPTH, MAX_NESTED } from '../attribute-values.js'

/** The kind of object that was sent without a part that cannot be sent. */
export type Truncated = 'span' | 'resource' | 'scope'

/** Attributes that can be sent, and the number of attributes that were left out or truncated. */
export interface SanitizedAttributes {
  readonly attributes: AnyAttributes
  readonly dropped: number
}

/**
 * Copies the values of one span, resource or scope into plain values without getters, proxies or cycles, within the limits.
 * Counts what is lost.
 */
export class ValueSanitizer {
  #copiesLeft = MAX_COPIED
  #nestedLeft = MAX_NESTED
  #lost = 0

  /** Whether anything was left out, cut off or replaced by an empty value. */
  get isTruncated(): boolean {
    return this.#lost > 0
  }

  /** Counts a part that was lost. */
  noteLoss(): void {
    this.#lost++
  }

  /** Returns what `read` returns, or undefined if it throws, which counts as a loss. */
  tryRead<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch {
      this.noteLoss()
      return undefined
    }
  }

  /** Counts one more element of any kind. Returns false if that exceeds the limit. */
  takeElement(): boolean {
    return --this.#copiesLeft >= 0
  }

  attributes(read: () => unknown): SanitizedAttributes {
    const attributes: Record<string, unknown> = Object.create(null)
    const given = this.tryRead(() => read() ?? {})
    const keys = this.tryRead(() => Object.keys(given as object))
    if (typeof given !== 'object' || given === null || keys === undefined) return { attributes, dropped: 1 }
    let dropped = 0
    for (const key of keys) {
      const before = this.#lost
      this.#copyMember(attributes, given, key, 0)
      if (this.#lost > before) dropped++
    }
    return { attributes, dropped }
  }

  /**
   * A string with U+FFFD in place of lone surrogates. Numbers and booleans become text. Anything else becomes '', which is a
   * loss unless the value is null or undefined.
   */
  text(value: unknown): string {
    if (typeof value === 'string') return wellFormed(value)
    if (value === undefined || value === null) return ''
    if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
    this.noteLoss()
    return ''
  }

  #copyMember(copy: Record<string, unknown>, record: object, key: string, depth: number): void {
    const name = wellFormed(key)
    if (this.takeElement() && !(name !== key && name in copy)) copy[name] = this.#member(record, key, depth)
    else this.noteLoss()
  }

  /** A value that is lost becomes null, the only value without a meaning of its own. */
  #member(holder: object, key: string | number, depth: number): unknown {
    try {
      const value: unknown = Reflect.get(holder, key)
      if (typeof value === 'string') return wellFormed(value)
      if (typeof value !== 'object' || value === null) return value
      if (types.isUint8Array(value)) return Uint8Array.prototype.slice.call(value)
      if (depth < MAX_DEPTH && (depth === 0 || --this.#nestedLeft >= 0))
        return Array.isArray(value) ? this.#array(value, depth + 1) : this.#record(value, depth + 1)
    } catch {
      // This is a loss, just as a value that is nested too deeply or too often.
    }
    this.noteLoss()
    return null
  }

  #array(values: readonly unknown[], depth: number): unknown[] {
    const copy: unknown[] = []
    for (let i = 0; i < values.length; i++) {
      if (!this.takeElement()) {
        this.noteLoss()
        break
      }
      copy.push(this.#member(values, i, depth))
    }
    return copy
  }

  /** The copy has no prototype, because an attribute may be called `__proto__`. */
  #record(record: object, depth: number): AnyAttributes {
    const copy: Record<string, unknown> = Object.create(null)
    for (const key of Object.keys(record)) {
      if (depth > 1 && --this.#nestedLeft < 0) this.noteLoss()
      else this.#copyMember(copy, record, key, depth)
    }
    return copy
  }
}

function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replaceAll(/\p{Surrogate}/gu, '\uFFFD') : text
}
