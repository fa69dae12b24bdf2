// SPDX-License-Identifier: Apache-2.0

/** The FNV hash of each text that events consist of: the hash of a trace must not depend on what ran before. */
const hashes = new Map<string, number>()

function hashOf(text: string): number {
  let hash = hashes.get(text)
  if (hash === undefined) {
    hash = 0x811c9dc5
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hashes.set(text, hash)
  }
  return hash
}

/**
 * The sequence of events of one run. It is always hashed, so that two runs of a seed can be compared, and written as one line an
 * event if somebody wants to read it.
 */
export class Trace {
  readonly #write: ((line: string) => void) | undefined
  #hash = 0x811c9dc5
  #count = 0

  constructor(write?: (line: string) => void) {
    this.#write = write
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  get count(): number {
    return this.#count
  }

  get isWritten(): boolean {
    return this.#write !== undefined
  }

  /** `what` may contain `%a` and `%b`, which stand for the two numbers. Time is in milliseconds. */
  event(at: number, who: string, what: string, a: number = 0, b: number = 0): void {
    this.#count += 1
    this.#mix(Math.round(at * 1000))
    this.#mix(hashOf(who))
    this.#mix(hashOf(what))
    this.#mix(a | 0)
    this.#mix(b | 0)
    if (this.#write === undefined) return
    const text = what.replace('%a', String(a)).replace('%b', String(b))
    this.#write(`${at.toFixed(3).padStart(12)}  ${who.padEnd(9)} ${text}`)
  }

  /** A line for readers. Its text is not hashed. */
  note(at: number, who: string, text: string): void {
    this.#write?.(`${at.toFixed(3).padStart(12)}  ${who.padEnd(9)} ${text}`)
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193) ^ (this.#hash >>> 15)
  }
}
