// SPDX-License-Identifier: Apache-2.0
import { FRONT_BYTES, type Memory } from '../encode/buffer-pool.js'
import { Slab } from '../shared-memory/slab.js'

/** Allocates the buffers of an encoder as slabs, so that the spans in them can be handed to the export thread without a copy. */
export class SlabMemory implements Memory {
  readonly #slabs = new Map<ArrayBufferLike, Slab>()
  readonly #onFree: (slab: Slab) => void
  #count = 0

  /** `onFree` is called when the encoder gives up a slab. */
  constructor(onFree: (slab: Slab) => void) {
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
