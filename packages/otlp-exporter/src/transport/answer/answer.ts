// SPDX-License-Identifier: Apache-2.0
import { constants, gunzipSync } from 'node:zlib'

/**
 * What was seen on the wire of the answer to a request: nothing, since the request was not sent (`unsent`) or although it
 * was, at least in part (`silence`); bytes that are not HTTP/1 (`garbage`); or the status of the final answer.
 */
export type Seen = 'unsent' | 'silence' | 'garbage' | number

/** How one request ended. After each of them the connection is usable or destroyed. */
export interface Answer {
  /**
   * - `whole`: the answer was read to its end
   * - `excerpt`: not a success; the beginning of the body was read, which is enough
   * - `over-limit`: a success whose body is over the limit, and was not read
   * - `stalled`: nobody waits for the rest of it
   * - `broken`: the connection or the answer broke before the end; `error` tells how
   */
  readonly end: 'whole' | 'excerpt' | 'over-limit' | 'stalled' | 'broken'
  /** What was seen of it, however it ended. */
  readonly seen: Seen
  /** Names in lower case; empty where undici got no further than the status. */
  readonly headers: Readonly<Record<string, string>>
  /** As it came, whole or the beginning. */
  readonly body: Buffer
  readonly error: Error | undefined
}

/**
 * The body after decompression, or as much of it as was read; `'over-limit'` if it is larger than `maxBytes`, undefined
 * if it cannot be decompressed. Runs on the main thread: an OTLP answer has a few bytes, and a larger one is cut off at
 * the limit.
 */
export function decompressedBody(
  { body, headers, end }: Pick<Answer, 'body' | 'headers' | 'end'>,
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
