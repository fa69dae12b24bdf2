// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import { BatchEncoder, type IndexBytes } from './batch-encoder.js'
import { BufferPool, type Memory } from './buffer-pool.js'
import { jsonFormat } from './json/format.js'
import { protobufFormat } from './protobuf/format.js'
import type { Truncated } from './sanitize/values.js'
import type { SpanFormat } from './span-format.js'
import { EncodedPrefixCache } from './span-groups.js'

export type OtlpFormat = 'protobuf' | 'json'

/** The default of `maxRequestBytes`, in bytes: receivers refuse larger requests. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024

export interface TraceEncoderOptions {
  readonly format: OtlpFormat
  /** How large a request may be before compression, in bytes. Default: 64 MiB. */
  readonly maxRequestBytes?: number | undefined
  /** Where the encoded spans are. Default: memory of this thread. */
  readonly memory?: Memory | undefined
  /** For the pool of buffers. Default: the clock of the system. */
  readonly clock?: Clock | undefined
  /** How many bytes behind the spans of a batch another thread needs. Default: none. */
  readonly indexBytes?: IndexBytes | undefined
  /** Called when something is sent without a part that cannot be sent, for example one whose getter throws. */
  readonly onTruncated?: ((what: Truncated) => void) | undefined
}

/**
 * Opens batches. Owns what they share: the caches of encoded keys, resources and scopes, and the pool of buffers. Each
 * exporter has one encoder.
 */
export class TraceEncoder {
  /** The value of the `Content-Type` header of the requests. */
  readonly contentType: string
  readonly maxRequestBytes: number
  readonly #format: SpanFormat
  readonly #prefixes: EncodedPrefixCache
  readonly #pool: BufferPool
  readonly #indexBytes: IndexBytes
  readonly #onTruncated: (what: Truncated) => void

  constructor(options: TraceEncoderOptions) {
    const { format, maxRequestBytes = MAX_REQUEST_BYTES, memory, indexBytes = () => 0, onTruncated = () => {} } = options
    this.#pool = new BufferPool(memory, options.clock)
    this.#indexBytes = indexBytes
    this.#format = format === 'json' ? jsonFormat() : protobufFormat()
    this.contentType = this.#format.contentType
    this.maxRequestBytes = maxRequestBytes
    this.#prefixes = new EncodedPrefixCache(this.#format, this.#pool, maxRequestBytes, onTruncated)
    this.#onTruncated = onTruncated
  }

  /** Opens a batch whose request is no larger than `limit`, in bytes. */
  openBatch(limit: number = this.maxRequestBytes): BatchEncoder {
    return new BatchEncoder({
      format: this.#format,
      prefixes: this.#prefixes,
      pool: this.#pool,
      limit,
      maxBytes: this.maxRequestBytes,
      indexBytes: this.#indexBytes,
      onTruncated: this.#onTruncated,
    })
  }

  /** Frees the pooled memory. Buffers that are given back later are not kept either. */
  close(): void {
    this.#pool.close()
  }
}
