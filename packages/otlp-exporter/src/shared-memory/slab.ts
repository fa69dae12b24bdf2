// SPDX-License-Identifier: Apache-2.0

/*
 * A slab is a SharedArrayBuffer with one owner at a time. Only its owner reads or writes it.
 *
 * ```
 *             ┌───────────────────────────── returned ring ◄──────────────────────────┐
 *             ▼                                                                       │
 *   APPLICATION ──handOver──► filled ring ──► THREAD ──begin──► IN_REQUEST ──giveBack──┘
 *                                               ▲                   │
 *                                               └─────retreat───────┘
 * ```
 *
 * The owner is a word of the slab, so that the application knows what a thread that died has done: a batch that was never
 * begun is handed to the next thread, one that was in a request may have reached the backend and is not sent again.
 *
 * | the thread dies            | the application finds | what it does                      |
 * |----------------------------|-----------------------|-----------------------------------|
 * | before it took the number  | THREAD                | hands it over again               |
 * | before the first request   | THREAD                | hands it over again               |
 * | in a request               | IN_REQUEST            | counts the batch as failed        |
 * | before it gave back        | IN_REQUEST            | as above, though it may be exported |
 * | after it gave back         | the number in the ring | takes the outcome                |
 */

/** Who may use the slab. */
export const APPLICATION = 0
export const THREAD = 1
/** Owned by the thread, and a request with its bytes was begun. */
export const IN_REQUEST = 2

/** The word of a slab that names its owner. */
const OWNER = 0

export class SlabOwner {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, 1)
  }

  get current(): number {
    // Acquire: the application looks when the thread is gone, or has given the slab back.
    return Atomics.load(this.#words, OWNER)
  }

  set current(owner: number) {
    // Release, and before the first byte is given to a socket: a thread that dies in a request must have said that it began.
    Atomics.store(this.#words, OWNER, owner)
  }
}
