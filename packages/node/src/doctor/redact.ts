// SPDX-License-Identifier: Apache-2.0

/** Shorter values would be found in any text. */
const SHORTEST_SECRET = 4
/** In front of a secret, and none itself. */
const SCHEME = /^(basic|bearer)$/i

/** Takes out of a text what must not be shown: values of headers, user and password of URLs, and what a query holds. */
export function redact(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const withoutUrls = text
    // Up to the last @: a password may hold others.
    .replaceAll(/\/\/[^\s/"']+@/g, '//…@')
    // No port, so no URL, but a password in which a slash was not encoded.
    .replaceAll(/\/\/[^\s/"'@:[]*:(?!\d*(?:[\s/"'?#]|$))[^\s"']*@/g, '//…@')
    .replaceAll(/(https?:\/\/[^\s?"']*\?)[^\s"']+/g, '$1…')
  return secretsOf(env).reduce((clean, secret) => clean.replaceAll(secret, '…'), withoutUrls)
}

function secretsOf(env: Readonly<Record<string, string | undefined>>): string[] {
  const lists = Object.entries(env).flatMap(([name, value]) => (name.endsWith('_HEADERS') && value !== undefined ? [value] : []))
  const values = lists
    .flatMap((list) => list.split(','))
    .flatMap((pair) => {
      const value = pair.slice(pair.search(/[=:]/) + 1).trim()
      // Also each word: `Bearer abc` may be shown as `abc`.
      return [pair.trim(), value, decoded(value), ...value.split(/\s+/)]
    })
  return [...new Set(values)]
    .filter((value) => value.length >= SHORTEST_SECRET && !SCHEME.test(value))
    .toSorted((a, b) => b.length - a.length)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
