// SPDX-License-Identifier: Apache-2.0

/** A batch is opened only where this much is left for it, in bytes; every usual batch fits. */
const MIN_ROOM_BYTES = 1024 * 1024

/**
 * How many encoded bytes may be held at once, open, waiting and in flight together. An open batch has a part set aside
 * for it, so that several of them cannot exceed the limit between them; when it is closed it gives back what it did not use.
 */
export class ByteBudget {
  readonly #limit: number
  readonly #minRoom: number
  #used = 0
  /** The part of it that was set aside for open batches. */
  #setAside = 0
  #isClosed = false
  /** Who waits, and for how much room, in bytes. */
  readonly #onRoom = new Map<() => void, number>()

  constructor(limit: number) {
    this.#limit = limit
    this.#minRoom = Math.min(MIN_ROOM_BYTES, limit)
  }

  /** Bytes held or set aside. */
  get used(): number {
    return this.#used
  }

  /** Bytes held by batches that are closed: what waits or is in flight. */
  get held(): number {
    return this.#used - this.#setAside
  }

  /** Sets a part aside: half of what is left, or all of it when that is little. Returns its size, or 0 without room. */
  reserve(most: number, onRoom: () => void): number {
    if (!this.#isClosed && this.#limit - this.#used < this.#minRoom) {
      this.wait(this.#minRoom, onRoom)
      return 0
    }
    return this.widen(0, most)
  }

  /** Makes a part larger that was set aside before: to what `reserve` would now give in its place. Returns its size. */
  widen(reserved: number, most: number): number {
    const left = this.#limit - this.#used + reserved
    return this.#enlarge(reserved, Math.min(left, most, Math.max(Math.floor(left / 2), this.#minRoom)))
  }

  /** Makes a part of all that is left. Returns its size. */
  widenToAll(reserved: number, most: number): number {
    return this.#enlarge(reserved, Math.min(this.#limit - this.#used + reserved, most))
  }

  /** Calls `onRoom` once, when so many bytes are left; for more than there can be, when all are. */
  wait(bytes: number, onRoom: () => void): void {
    if (!this.#isClosed) this.#onRoom.set(onRoom, Math.min(bytes, this.#limit))
  }

  /** Of a part that was set aside so many bytes are held from now on, and the others are given back. */
  fill(reserved: number, held: number): void {
    if (this.#isClosed) return
    this.#setAside -= reserved
    this.release(reserved - held)
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    if (bytes <= 0 || this.#isClosed) return
    this.#used -= bytes
    const left = this.#limit - this.#used
    // A copy: whoever is woken may wait again at once.
    const waiting = [...this.#onRoom]
    for (const [wake, room] of waiting) {
      if (room > left) continue
      this.#onRoom.delete(wake)
      wake()
    }
  }

  /** The end: whatever was held is of no use to anybody any more, and nobody waits. */
  end(): void {
    this.#isClosed = true
    this.#used = 0
    this.#setAside = 0
    this.#onRoom.clear()
  }

  #enlarge(reserved: number, wanted: number): number {
    const enlarged = Math.max(reserved, wanted)
    if (this.#isClosed) return enlarged
    this.#used += enlarged - reserved
    this.#setAside += enlarged - reserved
    return enlarged
  }
}
