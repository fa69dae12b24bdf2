// SPDX-License-Identifier: Apache-2.0
import { constants, gunzipSync } from 'node:zlib'

/**
 * What was seen of the answer to a request:
 *
 * - `unreached`: nothing, because no connection came about
 * - `unsent`: nothing, because the request was not sent for another reason
 * - `silence`: nothing, although the request was sent at least in part
 * - `garbage`: bytes that are not HTTP/1
 * - a number: the status of the final answer
 */
export type Seen = 'unreached' | 'unsent' | 'silence' | 'garbage' | number

/** How one request ended. By then its connection is either usable or destroyed. */
export interface Answer {
  /**
   * - `whole`: the answer was read to its end
   * - `excerpt`: not a success; only the beginning of the body was read, which is enough
   * - `over-limit`: a success whose body is over the limit and was not read
   * - `stalled`: the rest did not arrive in time
   * - `broken`: the connection broke or the answer is malformed; see `error`
   */
  readonly end: 'whole' | 'excerpt' | 'over-limit' | 'stalled' | 'broken'
  /** What was seen of the answer, however it ended. */
  readonly seen: Seen
  /** Names in lower case. Empty if undici did not get past the status. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body or its beginning, before decompression. */
  readonly body: Buffer
  readonly error: Error | undefined
}

/**
 * The body after decompression, or as much of it as was read. `'over-limit'` if it is larger than `maxBytes`, undefined
 * if it cannot be decompressed. Runs on the main thread: an OTLP answer has only a few bytes, and a larger one is cut off at
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
