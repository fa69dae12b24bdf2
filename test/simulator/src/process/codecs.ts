// SPDX-License-Identifier: Apache-2.0
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Codecs } from '../../../../packages/otlp-exporter/src/transport/request/body-compressor.js'
import type { EventLoop } from '../world/event-loop.js'

/**
 * zlib with a simulated thread pool: what is compressed is what is in the memory when the pool is done, so memory that was given
 * back too early is noticed. What it calls zstd is gzip, so that every version of Node.js simulates the same.
 */
export function simulatedCodecs(loop: EventLoop, poolMillis: () => number): Codecs {
  const sync = (bytes: Uint8Array): Buffer => gzipSync(bytes, { level: 1 })
  const codec: Codecs['gzip'] = {
    sync,
    async: (bytes, callback) => loop.io(poolMillis(), 'zlib is done', () => callback(null, sync(bytes))),
    decompress: (bytes, callback) => loop.io(poolMillis(), 'zlib is done', () => callback(null, gunzipSync(bytes))),
  }
  return { gzip: codec, zstd: codec }
}
