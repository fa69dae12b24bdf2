// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import { bounded } from '@spanring/core'
import type { Bound, Clock } from '@spanring/core'
import type { TransportSettings } from '../transport-settings.js'

type Compression = TransportSettings['compression']

export interface RequestBody {
  readonly bytes: Uint8Array
  /** For `Content-Encoding`; undefined for bytes that are not compressed. */
  readonly encoding: 'gzip' | 'zstd' | undefined
  /** Whether the thread pool may still be reading the uncompressed bytes. */
  readonly isSourceInUse: boolean
}

/** Up to this size, in bytes, compressing costs the main thread less than a round trip to the thread pool, about 0.1 ms. */
const SYNC_BYTES = 4096
/** A thread pool that has not compressed a body within this time, in milliseconds, counts as blocked. */
const BLOCKED_MILLIS = 1000

type Async = (bytes: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void

interface Codec {
  readonly async: Async
  readonly sync: (bytes: Uint8Array) => Buffer
  /** Undefined before Node.js 22.15 for zstd, as the others are. */
  readonly decompress: Async | undefined
}

/** zlib, or what tests put in its place. */
export type Codecs = Readonly<Record<'gzip' | 'zstd', Codec>>

const { zstdCompress, zstdCompressSync, zstdDecompress } = zlib as unknown as {
  zstdCompress: Async
  zstdCompressSync: Codec['sync']
  zstdDecompress?: Async
}

export const CODECS: Codecs = {
  gzip: { async: zlib.gzip, sync: zlib.gzipSync, decompress: zlib.gunzip },
  zstd: { async: zstdCompress, sync: zstdCompressSync, decompress: zstdDecompress },
}

/**
 * Compresses in the thread pool. The application uses the same pool, and may block it with file access or name look-ups. While
 * it is blocked, bodies are sent uncompressed and none are added to the pool.
 */
export class BodyCompressor {
  readonly #clock: Clock
  readonly #compression: Compression
  readonly #codecs: Codecs
  /** Bodies that are still in the thread pool although they are no longer awaited. */
  #overdueCount = 0

  constructor(clock: Clock, compression: Compression, codecs: Codecs = CODECS) {
    this.#clock = clock
    this.#compression = compression
    this.#codecs = codecs
  }

  async compress(bound: Bound, bytes: Uint8Array): Promise<RequestBody> {
    const plain: RequestBody = { bytes, encoding: undefined, isSourceInUse: false }
    const encoding = this.#compression
    // An aborted wait does not wait for the thread pool, so it would wrongly look as if the pool were blocked.
    if (encoding === 'none' || this.#overdueCount > 0 || bound.signal?.aborted === true) return plain
    const codec = this.#codecs[encoding]
    if (bytes.byteLength <= SYNC_BYTES) return { bytes: codec.sync(bytes), encoding, isSourceInUse: false }

    const now = this.#clock.now()
    const at = now + Math.min(BLOCKED_MILLIS, Math.max(bound.at - now, 0) / 2)
    let isOverdue = false
    const settled = await bounded(
      this.#clock,
      { at, signal: bound.signal },
      () =>
        new Promise<Buffer>((resolve, reject) => {
          codec.async(bytes, (error, result) => {
            if (isOverdue) this.#overdueCount -= 1
            if (error === null) resolve(result)
            else reject(error)
          })
        }),
    )
    if (settled.status === 'done') return { bytes: settled.value, encoding, isSourceInUse: false }
    if (settled.status === 'failed') return plain
    isOverdue = true
    this.#overdueCount += 1
    return { ...plain, isSourceInUse: true }
  }
}
