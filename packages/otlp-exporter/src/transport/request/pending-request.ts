// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../../config/settings.js'
import type { Post } from '../connection/connection.js'
import type { Operation } from '../operation.js'
import type { BodyCompressor } from './body-compressor.js'

/** What the transport needs of a batch: how much it is, and requests with any range of its spans. */
export interface SendableBatch {
  readonly spanCount: number
  /** Size of the request with every span, in bytes. */
  readonly byteLength: number
  /**
   * The request with the spans from index `from` up to, not including, `to`. The caller owns it, and calls `release` only
   * when nobody reads the bytes any more; one that may still be read is left to the garbage collector.
   */
  assemble(from: number, to: number): { readonly bytes: Uint8Array; release(): void }
}

interface Parts {
  readonly batch: SendableBatch
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
  /** The assembled request, while it is the body; undefined once it was compressed, or if somebody may read it for ever. */
  #assembled: ReturnType<SendableBatch['assemble']> | undefined
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
    const assembled = batch.assemble(from, to)
    const { bytes } = assembled
    this.#assembled = assembled
    this.#isFree = true
    if (bytes.byteLength > maxRequestBytes) return false
    const { bytes: body, encoding, isSourceInUse } = await this.#compressor.compress(operation, bytes)
    if (isSourceInUse || body !== bytes) {
      this.#assembled = undefined
      // Compressing has read it to its end.
      if (!isSourceInUse) assembled.release()
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
    if (this.#isFree) this.#assembled?.release()
    this.#assembled = undefined
    this.#post = undefined
  }
}
