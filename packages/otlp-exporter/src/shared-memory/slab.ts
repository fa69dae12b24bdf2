// SPDX-License-Identifier: Apache-2.0

/*
 * A slab is a SharedArrayBuffer with one owner at a time. Only its owner reads or writes it.
 *
 * ```
 *             ┌──────────────────────────── returned ring ◄───────────────────────────┐
 *             ▼                                                                       │
 *   APPLICATION ──hand over──► filled ring ──► THREAD ──begin──► IN_REQUEST ──give back
 *                                                                ▲     │
 *                                                             begin   retry, or next part
 *                                                                │     ▼
 *                                                           BETWEEN_REQUESTS or BETWEEN_PARTS
 * ```
 *
 * The owner is a word of the slab, so that the application knows how far a thread had come when it died: a batch that was never
 * begun is handed to the next thread; one that was in a request may have reached the backend, and is not sent again. It also tells
 * whether the batch is on its way: a process that has nothing else to do waits for a request, but not for a back-off.
 *
 * | the thread dies             | the application finds  | and                                                 |
 * |-----------------------------|------------------------|-----------------------------------------------------|
 * | before it took the number   | THREAD                 | hands the slab over again                           |
 * | before the first request    | THREAD                 | hands the slab over again                           |
 * | between two attempts        | BETWEEN_REQUESTS       | hands the slab over again: the first one has failed |
 * | between two parts           | BETWEEN_PARTS          | counts the batch as failed: a part may have arrived |
 * | in a request                | IN_REQUEST             | counts the batch as failed                          |
 * | answered, not given back    | IN_REQUEST             | counts the batch as failed, although it arrived     |
 * | after it gave the slab back | its number in the ring | takes the outcome                                   |
 */

export const APPLICATION = 0
export const THREAD = 1
/** Owned by the thread, and a request with its bytes may have begun. */
export const IN_REQUEST = 2
/** Owned by the thread. A request with all of its spans has failed, and another one follows. */
export const BETWEEN_REQUESTS = 3
/** Owned by the thread. A request with a part of its spans has ended, and another one follows. */
export const BETWEEN_PARTS = 4
export type Owner = typeof APPLICATION | typeof THREAD | typeof IN_REQUEST | typeof BETWEEN_REQUESTS | typeof BETWEEN_PARTS

/** The size of the header, in bytes. */
const HEADER_BYTES = 128
const OWNER = 0
/** The first word of the header that a user of the slab may give a meaning to. It is 8-byte aligned. */
export const FIRST_WORD = 2

export class Slab {
  /** Names the slab in both threads. No other slab ever gets the same number. */
  readonly number: number
  readonly memory: SharedArrayBuffer
  /** The words of the header. Plain accesses are enough, except for the owner: the rings publish the words with the slab. */
  readonly words: Int32Array
  /** The same memory as `words`, for what needs more than 32 bits. */
  readonly floats: Float64Array

  constructor(number: number, memory: SharedArrayBuffer) {
    this.number = number
    this.memory = memory
    this.words = new Int32Array(memory, 0, HEADER_BYTES / Int32Array.BYTES_PER_ELEMENT)
    this.floats = new Float64Array(memory, 0, HEADER_BYTES / Float64Array.BYTES_PER_ELEMENT)
  }

  get owner(): Owner {
    // Acquire: the application looks at it after the thread has died.
    return Atomics.load(this.words, OWNER) as Owner
  }

  set owner(owner: Owner) {
    // Release, before a byte is given to a socket: a thread that dies in a request must have said that it began one.
    Atomics.store(this.words, OWNER, owner)
  }
}
