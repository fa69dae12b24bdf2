// SPDX-License-Identifier: Apache-2.0
import { BatchEncoder } from './batch-encoder.js'
import { BufferPool } from './buffer-pool.js'
import { jsonFormat } from './json/format.js'
import { protobufFormat } from './protobuf/format.js'
import type { Truncated } from './sanitize/values.js'
import type { SpanFormat } from './span-format.js'
import { EncodedPrefixCache } from './span-groups.js'

export type OtlpFormat = 'protobuf' | 'json'

/** What a request may be before compression, in bytes: receivers refuse more. */
const MAX_REQUEST_BYTES = 64 * 1024 * 1024

export interface TraceEncoderOptions {
  readonly format: OtlpFormat
  /** Size of the largest request before compression, in bytes; 64 MiB by default. */
  readonly maxRequestBytes?: number | undefined
  /** Called when something is sent without a part that cannot be sent: nested too deep, say, or behind a getter that throws. */
  readonly onTruncated?: ((what: Truncated) => void) | undefined
}

/** Opens batches. Holds what they share: keys, resources and scopes already encoded, and buffers. One for each exporter. */
export class TraceEncoder {
  /** Of the requests, as in the header of that name. */
  readonly contentType: string
  readonly maxRequestBytes: number
  readonly #format: SpanFormat
  readonly #prefixes: EncodedPrefixCache
  readonly #pool = new BufferPool()
  readonly #onTruncated: (what: Truncated) => void

  constructor({ format, maxRequestBytes = MAX_REQUEST_BYTES, onTruncated = () => {} }: TraceEncoderOptions) {
    this.#format = format === 'json' ? jsonFormat() : protobufFormat()
    this.contentType = this.#format.contentType
    this.maxRequestBytes = maxRequestBytes
    this.#prefixes = new EncodedPrefixCache(this.#format, this.#pool, maxRequestBytes, onTruncated)
    this.#onTruncated = onTruncated
  }

  /** A batch whose request is no larger than `limit`, in bytes. */
  openBatch(limit: number = this.maxRequestBytes): BatchEncoder {
    return new BatchEncoder({
      format: this.#format,
      prefixes: this.#prefixes,
      pool: this.#pool,
      limit,
      maxBytes: this.maxRequestBytes,
      onTruncated: this.#onTruncated,
    })
  }

  /** The end: no memory is kept, nor what is given back later. */
  close(): void {
    this.#pool.close()
  }
}
