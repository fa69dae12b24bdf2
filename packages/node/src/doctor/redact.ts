// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'

/** Shorter values occur in any text. */
const SHORTEST_SECRET = 4
/** A word in front of a secret, but not itself a secret. */
const SCHEME = /^(basic|bearer)$/i
/** The length of an excerpt, in characters. */
const EXCERPT_LENGTH = 300

/** Removes secrets from a text: the values of headers, and user, password and query of URLs. */
export function redact(text: string, env: Environment): string {
  const withoutUrls = text
    // Up to the last @, because a password may contain others.
    .replaceAll(/\/\/[^\s/"']+@/g, '//…@')
    // What follows the colon is not a port, so this is not a URL, but a password with a slash that is not percent-encoded.
    .replaceAll(/\/\/[^\s/"'@:[]*:(?!\d*(?:[\s/"'?#]|$))[^\s"']*@/g, '//…@')
    .replaceAll(/(https?:\/\/[^\s?"']*\?)[^\s"']+/g, '$1…')
  return secretsOf(env).reduce((clean, secret) => clean.replaceAll(secret, '…'), withoutUrls)
}

/**
 * The beginning of what a backend has written, on one line, without secrets and HTML tags. Redacts before it cuts, because a
 * part of a secret would not be recognised.
 */
export function excerpt(text: string, env: Environment): string {
  const line = redact(text, env)
    .replaceAll(/<(script|style)\b[^]*?<\/\1>|<[^>]*>/gi, ' ')
    .replaceAll(/[\s\p{Cc}\p{Cf}\uFFFD]+/gu, ' ')
    .trim()
  return line.length > EXCERPT_LENGTH ? `${line.slice(0, EXCERPT_LENGTH)}…` : line
}

function secretsOf(env: Environment): string[] {
  const lists = Object.entries(env).flatMap(([name, value]) => (name.endsWith('_HEADERS') && value !== undefined ? [value] : []))
  const values = lists
    .flatMap((list) => list.split(','))
    .flatMap((pair) => {
      const value = pair.slice(pair.search(/[=:]/) + 1).trim()
      // Includes each word, because a backend may repeat only the `abc` of `Bearer abc`.
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
