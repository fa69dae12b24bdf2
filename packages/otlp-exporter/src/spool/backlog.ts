// SPDX-License-Identifier: Apache-2.0
import type { Segment, StoredEntry } from './segment.js'

/** The entries in the order in which they are sent: oldest first, inherited before own. */
export class Backlog {
  /** Of the entries that are not over, those that the caller has taken included. */
  spans = 0
  bytes = 0
  entries = 0
  readonly #inherited: Segment[] = []
  readonly #own: Segment[] = []

  addOwn(segment: Segment): void {
    this.#own.push(segment)
  }

  addInherited(segment: Segment): void {
    const isOlder = (other: Segment): boolean =>
      other.createdAt < segment.createdAt || (other.createdAt === segment.createdAt && other.number <= segment.number)
    const at = this.#inherited.findLastIndex(isOlder) + 1
    this.#inherited.splice(at, 0, segment)
    for (const entry of segment.entries) if (entry.state !== 'over') this.#count(entry, 1)
  }

  addEntry(entry: StoredEntry): void {
    entry.segment.entries.push(entry)
    this.#count(entry, 1)
  }

  takeOldest(): StoredEntry | undefined {
    for (const segments of [this.#inherited, this.#own]) {
      for (const segment of segments) {
        for (; segment.firstWaiting < segment.entries.length; segment.firstWaiting++) {
          const entry = segment.entries[segment.firstWaiting]
          if (entry?.state !== 'waiting') continue
          entry.state = 'taken'
          return entry
        }
      }
    }
    return undefined
  }

  putBack(entry: StoredEntry): void {
    entry.state = 'waiting'
    entry.segment.firstWaiting = Math.min(entry.segment.firstWaiting, entry.index)
  }

  /** The entry is settled or lost. False if it was before. */
  end(entry: StoredEntry): boolean {
    if (entry.state === 'over') return false
    entry.state = 'over'
    this.#count(entry, -1)
    return true
  }

  /** The oldest segment, but not one that is being written. */
  get oldestSealed(): Segment | undefined {
    return this.#inherited[0] ?? this.#own.find((segment) => segment.isSealed)
  }

  get segments(): Segment[] {
    return [...this.#inherited, ...this.#own]
  }

  remove(segment: Segment): void {
    const segments = segment.isInherited ? this.#inherited : this.#own
    const at = segments.indexOf(segment)
    if (at !== -1) segments.splice(at, 1)
  }

  #count(entry: StoredEntry, by: 1 | -1): void {
    this.entries += by
    this.spans += by * entry.spanCount
    this.bytes += by * entry.byteLength
    entry.segment.open += by
  }
}
