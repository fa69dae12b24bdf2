// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib'
import type { RawResponse } from './response-collector.js'

/**
 * The body of a response after decompression, `'over-limit'`, or undefined if it cannot be decompressed. On the main
 * thread: an ExportTraceServiceResponse has a few bytes, and one that does not is cut off at the limit.
 */
export function responseBody(response: RawResponse, maxBytes: number): Uint8Array | 'over-limit' | undefined {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || response.body.byteLength === 0) return response.body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') return undefined
  try {
    return gunzipSync(response.body, { maxOutputLength: maxBytes })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'over-limit' : undefined
  }
}
