// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import { bounded } from '@spanring/core'
import type { Clock } from '@spanring/core'
import type { Compression } from '../../config/options.js'
import type { Operation } from '../operation.js'

export interface RequestBody {
  readonly bytes: Uint8Array
  /** For `Content-Encoding`; undefined when the bytes are as they were. */
  readonly encoding: 'gzip' | 'zstd' | undefined
  /** Whether the thread pool may still read what was to be compressed. */
  readonly isSourceInUse: boolean
}

/** Up to here compressing costs the main thread less than a trip to the thread pool does, about 0.1 ms. In bytes. */
const SYNC_BYTES = 4096
/** A thread pool that has not compressed a body in this time is blocked, in milliseconds. */
const PATIENCE_MILLIS = 1000

type AsyncCompress = (bytes: Uint8Array, callback: (error: Error | null, result: Buffer) => void) => void
type SyncCompress = (bytes: Uint8Array) => Buffer
const { zstdCompress, zstdCompressSync } = zlib as unknown as { zstdCompress: AsyncCompress; zstdCompressSync: SyncCompress }

const CODECS: Readonly<Record<'gzip' | 'zstd', { async: AsyncCompress; sync: SyncCompress }>> = {
  gzip: { async: zlib.gzip, sync: zlib.gzipSync },
  zstd: { async: zstdCompress, sync: zstdCompressSync },
}

/**
 * Compresses off the main thread. The application shares the thread pool and may block it with its files or its names;
 * then a body goes out as it is rather than not at all, and no more are queued there until the pool moves again.
 */
export class BodyCompressor {
  readonly #clock: Clock
  readonly #compression: Compression
  /** Bodies that the thread pool still has although nobody waits for them. */
  #overdueCount = 0

  constructor(clock: Clock, compression: Compression) {
    this.#clock = clock
    this.#compression = compression
  }

  async compress(operation: Operation, bytes: Uint8Array): Promise<RequestBody> {
    const plain: RequestBody = { bytes, encoding: undefined, isSourceInUse: false }
    const encoding = this.#compression
    // What is not wanted any more does not wait for the thread pool, and says nothing about it.
    if (encoding === 'none' || this.#overdueCount > 0 || operation.signal.aborted) return plain
    const codec = CODECS[encoding]
    if (bytes.byteLength <= SYNC_BYTES) return { bytes: codec.sync(bytes), encoding, isSourceInUse: false }

    const now = this.#clock.now()
    const at = now + Math.min(PATIENCE_MILLIS, Math.max(operation.at - now, 0) / 2)
    let isOverdue = false
    const settled = await bounded(
      this.#clock,
      { at, signal: operation.signal },
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
