// SPDX-License-Identifier: Apache-2.0

/**
 * What was seen on the wire of the answer to a request: nothing since it was not even sent (`unsent`), nothing although
 * it was, at least in part (`silence`), bytes that are no answer of HTTP/1 (`garbage`), or a status.
 */
export type Sight = 'unsent' | 'silence' | 'garbage' | number

/** What it means for the spans: taken; the same request may get through later; halve it; lost. */
export type Meaning = 'accepted' | 'outage' | 'too-large' | 'failed'

/**
 * What an answer means; the first row that fits decides. OTLP allows to send again after 429, 502, 503 and 504, when
 * there is no connection, and when it ends without an answer; whatever else was answered, sending again could only
 * deliver the spans twice. So a status decides by itself: whether the rest of the answer was whole, cut short, over the
 * limit, or against the rules of HTTP is said in a warning and changes nothing.
 *
 * Two causes for which a request is not sent do not pass, a certificate that is refused and a request that HTTP does not
 * allow; `verdict.ts` knows them by their codes.
 *
 * A dispatcher of the application's own hides the wire. Through one there is a status only once undici has accepted the
 * headers; an answer that undici refuses before that counts as garbage, even if it began with 200.
 */
const MEANINGS: readonly (readonly [seen: Exclude<Sight, number> | readonly [from: number, to: number], meaning: Meaning])[] = [
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

export function meaningOf(sight: Sight): Meaning {
  for (const [seen, meaning] of MEANINGS) {
    if (typeof seen === 'string' || typeof sight === 'string') {
      if (seen === sight) return meaning
    } else if (sight >= seen[0] && sight <= seen[1]) return meaning
  }
  return 'failed'
}

export function isSuccess(status: number): boolean {
  return meaningOf(status) === 'accepted'
}
