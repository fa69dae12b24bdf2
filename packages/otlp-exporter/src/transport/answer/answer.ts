// SPDX-License-Identifier: Apache-2.0
import { constants, gunzipSync } from 'node:zlib'
import type { RawOutcome } from './answer-collector.js'

/**
 * The body of an answer after decompression, or as much of it as was read; `'over-limit'`, or undefined if it cannot be
 * decompressed. On the main thread: an answer of OTLP has a few bytes, and one that does not is cut off at the limit.
 */
export function responseBody(
  { body, headers, end }: Pick<RawOutcome, 'body' | 'headers' | 'end'>,
  maxBytes: number,
): Uint8Array | 'over-limit' | undefined {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || body.byteLength === 0) return body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') return undefined
  const finishFlush = end === 'whole' ? constants.Z_FINISH : constants.Z_SYNC_FLUSH
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes, finishFlush })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'over-limit' : undefined
  }
}
