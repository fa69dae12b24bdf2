// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/settings.js'
import type { EncodedBatch } from '../encode/encoded-batch.js'
import type { Post } from './connection.js'
import type { Operation } from './operation.js'
import type { BodyCompressor } from './request-body.js'

interface Parts {
  readonly batch: EncodedBatch
  /** The spans of the batch that it has. */
  readonly from: number
  readonly to: number
  readonly headers: Readonly<Record<string, string>>
}

/**
 * One request of a batch. It is assembled and compressed only when it may be sent, and let go while somebody else probes
 * the backend: a request beside the spans of every batch that waits would be twice the memory that is counted.
 */
export class PendingRequest {
  readonly #settings: Settings
  readonly #compressor: BodyCompressor
  readonly #parts: Parts
  #post: Post | undefined
  /** Of the pool, and in no other buffer; undefined if it was compressed or somebody may read it for ever. */
  #pooled: Uint8Array | undefined
  #isFree = true

  constructor(settings: Settings, compressor: BodyCompressor, parts: Parts) {
    this.#settings = settings
    this.#compressor = compressor
    this.#parts = parts
  }

  get isReady(): boolean {
    return this.#post !== undefined
  }

  /** Assembles and compresses; false if it is over `maxRequestBytes`. */
  async prepare(operation: Operation): Promise<boolean> {
    const { batch, from, to, headers } = this.#parts
    const { maxRequestBytes, protocol } = this.#settings
    const bytes = batch.assemble(from, to)
    this.#pooled = bytes
    this.#isFree = true
    if (bytes.byteLength > maxRequestBytes) return false
    const { bytes: body, encoding, isSourceInUse } = await this.#compressor.compress(operation, bytes)
    if (isSourceInUse || body !== bytes) {
      this.#pooled = undefined
      // What was compressed instead has been read.
      if (!isSourceInUse) batch.reclaim(bytes)
    }
    const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf'
    const encoded = encoding === undefined ? {} : { 'content-encoding': encoding }
    this.#post = { body, headers: { ...headers, 'content-type': contentType, ...encoded } }
    return true
  }

  /** Gives it away to be sent; until `end` says otherwise somebody may read it. */
  begin(): Post {
    if (this.#post === undefined) throw new Error('the request is not ready')
    this.#isFree = false
    return this.#post
  }

  /** The attempt is over; `isFree` says that nobody reads the body any more. */
  end(isFree: boolean): void {
    this.#isFree = isFree
  }

  /** Gives the memory back, if nobody may read it; it can be prepared again. */
  letGo(): void {
    if (this.#pooled !== undefined && this.#isFree) this.#parts.batch.reclaim(this.#pooled)
    this.#pooled = undefined
    this.#post = undefined
  }
}
