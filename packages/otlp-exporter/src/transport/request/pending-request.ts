// SPDX-License-Identifier: Apache-2.0
import type { Post } from '../connection/connection.js'
import type { Operation } from '../operation.js'
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'
import type { BodyCompressor } from './body-compressor.js'

/** What the transport needs of a batch: its size, and requests with any range of its spans. */
export interface SendableBatch {
  readonly spanCount: number
  /** Size of the request with every span, in bytes. */
  readonly byteLength: number
  /**
   * The request with the spans from index `from` up to, not including, `to`. The caller owns it, and calls `release` only
   * when nobody reads the bytes any more. A request that may still be read is left to the garbage collector.
   */
  assemble(from: number, to: number): { readonly bytes: Uint8Array; release(): void }
}

interface Parts {
  readonly batch: SendableBatch
  /** Which spans of the batch it contains. */
  readonly from: number
  readonly to: number
  readonly headers: HeaderTexts
}

/**
 * One request of a batch. It is assembled and compressed only when it may be sent, and let go while another operation
 * probes the backend: a request beside the spans of every waiting batch would double the memory that is counted.
 */
export class PendingRequest {
  readonly #settings: TransportSettings
  readonly #compressor: BodyCompressor
  readonly #parts: Parts
  #post: Post | undefined
  /** The assembled request; undefined if what is sent is compressed, or if zlib may still read it. */
  #assembled: ReturnType<SendableBatch['assemble']> | undefined
  #isFree = true

  constructor(settings: TransportSettings, compressor: BodyCompressor, parts: Parts) {
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
    const { maxRequestBytes, contentType } = this.#settings
    const assembled = batch.assemble(from, to)
    const { bytes } = assembled
    this.#assembled = assembled
    this.#isFree = true
    if (bytes.byteLength > maxRequestBytes) return false
    const { bytes: body, encoding, isSourceInUse } = await this.#compressor.compress(operation, bytes)
    if (isSourceInUse || body !== bytes) {
      this.#assembled = undefined
      // zlib has read it, and what it made is sent instead.
      if (!isSourceInUse) assembled.release()
    }
    const encoded = encoding === undefined ? {} : { 'content-encoding': encoding }
    this.#post = { body, headers: { ...headers, 'content-type': contentType, ...encoded } }
    return true
  }

  /** Hands it out to be sent; until `end` is called somebody may read the body. */
  begin(): Post {
    if (this.#post === undefined) throw new Error('the request is not ready')
    this.#isFree = false
    return this.#post
  }

  /** To be called after an attempt; `isFree` means that nobody reads the body any more. */
  end(isFree: boolean): void {
    this.#isFree = isFree
  }

  /** Gives the memory back unless somebody may still read it. The request can be prepared again. */
  letGo(): void {
    if (this.#isFree) this.#assembled?.release()
    this.#assembled = undefined
    this.#post = undefined
  }
}
