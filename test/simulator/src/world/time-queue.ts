// SPDX-License-Identifier: Apache-2.0

/** Something that happens at a time. */
export interface Due {
  /** In milliseconds. */
  at: number
  /** Decides between two of the same time. */
  readonly order: number
  readonly callback: () => void
  readonly label: string
  isCancelled: boolean
}

/** A heap of what is due, earliest first. */
export class TimeQueue {
  readonly #heap: Due[] = []
  #order = 0

  /** When the next one is due; Infinity if there is none. */
  get nextAt(): number {
    while (this.#heap[0]?.isCancelled === true) this.#removeFirst()
    return this.#heap[0]?.at ?? Infinity
  }

  /** How many are left. */
  get size(): number {
    let size = 0
    for (const { isCancelled } of this.#heap) if (!isCancelled) size++
    return size
  }

  add(at: number, label: string, callback: () => void): Due {
    const due: Due = { at, order: this.#order++, callback, label, isCancelled: false }
    this.#heap.push(due)
    this.#rise(this.#heap.length - 1)
    return due
  }

  /** Removes and returns the first one that is due; undefined if none is. */
  take(now: number): Due | undefined {
    if (this.nextAt > now) return undefined
    const due = this.#heap[0]
    this.#removeFirst()
    return due
  }

  clear(): void {
    this.#heap.length = 0
  }

  #removeFirst(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    this.#sink()
  }

  #rise(index: number): void {
    const heap = this.#heap
    const due = heap[index] as Due
    let i = index
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(due, heap[parent] as Due)) break
      heap[i] = heap[parent] as Due
      i = parent
    }
    heap[i] = due
  }

  #sink(): void {
    const heap = this.#heap
    const due = heap[0] as Due
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child++
      if (!isBefore(heap[child] as Due, due)) break
      heap[i] = heap[child] as Due
      i = child
    }
    heap[i] = due
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
