// SPDX-License-Identifier: Apache-2.0
import { FRONT_BYTES, type Memory } from '../encode/buffer-pool.js'
import { Slab } from '../shared-memory/slab.js'

/** Allocates the buffers of an encoder as slabs, so that the spans in them can be handed to the export thread without a copy. */
export class SlabMemory implements Memory {
  readonly #slabs = new Map<ArrayBufferLike, Slab>()
  readonly largestKept: number
  readonly keptBytes: number
  readonly #onFree: (slab: Slab) => void
  #count = 0

  /**
   * `onFree` is called when the encoder has given up a slab. As many bytes are kept for reuse as may be in use, in slabs of any
   * size: V8 does not count shared memory, so what is given up may stay for long, until both threads happen to collect garbage.
   */
  constructor(keptBytes: number, onFree: (slab: Slab) => void) {
    this.largestKept = keptBytes
    this.keptBytes = keptBytes
    this.#onFree = onFree
  }

  allocate(bytes: number): Buffer {
    const memory = new SharedArrayBuffer(FRONT_BYTES + bytes)
    this.#slabs.set(memory, new Slab(this.#count++, memory))
    return Buffer.from(memory, FRONT_BYTES, bytes)
  }

  free(buffer: Buffer): void {
    const slab = this.#slabs.get(buffer.buffer)
    if (slab === undefined) return
    this.#slabs.delete(buffer.buffer)
    this.#onFree(slab)
  }

  /** The slab of a buffer that was allocated here and not freed. */
  slabOf(buffer: Buffer): Slab {
    const slab = this.#slabs.get(buffer.buffer)
    if (slab === undefined) throw new Error('the buffer is not in a slab')
    return slab
  }
}
