// SPDX-License-Identifier: Apache-2.0
import type { Seen } from './answer.js'

/**
 * What an answer means for the spans: the backend accepted them; it may accept them later, in the same request; the request
 * has to be halved; they are lost.
 */
export type Meaning = 'accepted' | 'outage' | 'too-large' | 'failed'

/**
 * What an answer means. The first row that matches decides. OTLP allows sending again after 429, 502, 503 and 504, when
 * there is no connection, and when the connection ends without an answer. After any other answer, sending again could
 * only deliver the spans twice. So the status alone decides. If the rest of the answer is cut short, over the limit or
 * malformed, there is a warning and nothing else.
 *
 * There are two permanent reasons why a request is not sent: a refused certificate, and a request that HTTP does not allow.
 * `verdict.ts` recognises them by their codes.
 *
 * The application's own dispatcher hides the wire. Through it there is a status only once undici has accepted the headers.
 * An answer that undici refuses before that counts as garbage, even if it began with 200.
 */
const MEANINGS: readonly (readonly [seen: Exclude<Seen, number> | readonly [from: number, to: number], meaning: Meaning])[] = [
  ['unreached', 'outage'],
  ['unsent', 'outage'],
  // Also an answer that ends before its status, and interim answers alone.
  ['silence', 'outage'],
  ['garbage', 'failed'],
  [[200, 299], 'accepted'],
  [[413, 413], 'too-large'],
  [[429, 429], 'outage'],
  [[502, 504], 'outage'],
  [[0, 999], 'failed'],
]

export function meaningOf(seen: Seen): Meaning {
  for (const [row, meaning] of MEANINGS) {
    if (typeof row === 'string' || typeof seen === 'string') {
      if (row === seen) return meaning
    } else if (seen >= row[0] && seen <= row[1]) return meaning
  }
  return 'failed'
}

export function isSuccess(status: number): boolean {
  return meaningOf(status) === 'accepted'
}
