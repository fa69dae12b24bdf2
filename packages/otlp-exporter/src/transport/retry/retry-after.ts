// SPDX-License-Identifier: Apache-2.0

/**
 * Milliseconds that a `Retry-After` asks for, as seconds or as a date. Undefined for what is no wait: absent, garbage,
 * zero, negative, or past; the normal back-off applies then, so that no answer makes a hot loop.
 */
export function parseRetryAfter(value: string | undefined, wallTime: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - wallTime
  return Number.isFinite(millis) && millis > 0 ? millis : undefined
}

/** An HTTP date begins with the name of a day; `Date.parse` alone would take "-5" for a year. */
function dateOf(text: string): number {
  return /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
}
