// SPDX-License-Identifier: Apache-2.0
import type { Post } from '../connection/connection.js'
import type { Operation } from '../operation.js'
import type { FinishedExport } from '../transport-hooks.js'
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'
import type { BodyCompressor } from './body-compressor.js'

/** What the transport needs from a batch: its size, and requests with any range of its spans. */
export interface SendableBatch {
  readonly spanCount: number
  /** The size of a request with all spans, in bytes. */
  readonly byteLength: number
  /**
   * The request with the spans from index `from` up to, but not including, `to`. The caller owns it, and calls `release` only
   * when the bytes are no longer being read. A request that may still be read is left to the garbage collector.
   */
  assemble(from: number, to: number): { readonly bytes: Uint8Array; release(): void }
  /** The headers of its requests, if they were resolved already. Default: those of the settings. */
  readonly headers?: HeaderTexts | undefined
  /** Called before a byte of a request may leave. */
  onRequest?(): void
  /** Called when a request has failed and is to be sent again, before anything is waited for. */
  onRetry?(): void
  /** Called when requests with other parts of its spans follow, before anything is waited for. */
  onPart?(): void
  /** Called with the outcome, before the hooks of the transport are. */
  onEnd?(finished: FinishedExport): void
}

/** A request on its way: of a batch, or of the store. */
export interface OutgoingRequest {
  readonly isReady: boolean
  /** Makes the body. Returns false if it is larger than `maxRequestBytes`. */
  prepare(operation: Operation): Promise<boolean>
  /** Returns what to send. Until `end` is called, the body may be in use. */
  begin(): Post
  /** Call this after an attempt. `isFree` means that the body is no longer in use. */
  end(isFree: boolean): void
  /** Call this after an attempt that has failed, if there will be another one. */
  retry(): void
  /** Gives the memory back, unless it may still be in use. The request can be prepared again. */
  letGo(): void
}

interface Parts {
  readonly batch: SendableBatch
  /** The range of spans that the request contains. */
  readonly from: number
  readonly to: number
  readonly headers: HeaderTexts
}

/**
 * One request of a batch. It is assembled and compressed only when it may be sent, and its memory is given back while another
 * operation probes the backend: if every waiting batch had a request beside its spans, memory use would double.
 */
export class PendingRequest implements OutgoingRequest {
  readonly #settings: TransportSettings
  readonly #compressor: BodyCompressor
  readonly #parts: Parts
  #post: Post | undefined
  /** The assembled request; undefined if a compressed body is sent instead, or if zlib may still be reading it. */
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
      // zlib has finished reading it, and the compressed body is sent instead.
      if (!isSourceInUse) assembled.release()
    }
    const encoded = encoding === undefined ? {} : { 'content-encoding': encoding }
    this.#post = { body, headers: { ...headers, 'content-type': contentType, ...encoded } }
    return true
  }

  begin(): Post {
    if (this.#post === undefined) throw new Error('the request is not ready')
    this.#isFree = false
    this.#parts.batch.onRequest?.()
    return this.#post
  }

  end(isFree: boolean): void {
    this.#isFree = isFree
  }

  retry(): void {
    this.#parts.batch.onRetry?.()
  }

  letGo(): void {
    if (this.#isFree) this.#assembled?.release()
    this.#assembled = undefined
    this.#post = undefined
  }
}
