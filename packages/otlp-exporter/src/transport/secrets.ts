// SPDX-License-Identifier: Apache-2.0
import type { Settings } from '../config/settings.js'

/** Shorter ones are words that occur anywhere. In characters. */
const SHORTEST = 4
/** What everybody may see, and people want to: an answer may name the type or the encoding that it did not like. */
const PUBLIC: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'user-agent', 'accept', 'host'])
const PUBLIC_WORD = /^(?:basic|bearer|digest|token|apikey|true|false)$/i
/** By how much the longest spelling of a character exceeds it: `\u003d`, `%C3%A9`, `&quot;`. */
const SPELLING_LENGTH = 8

/**
 * What a backend was sent in confidence, and may repeat in what it says: the values of headers, the credentials of the
 * URL and of the proxy, and what a query asks with. Found in each of the spellings in which servers repeat things.
 */
export class Secrets {
  readonly #pattern: RegExp | undefined
  /** How many characters of a text may belong to a secret of which the text holds only the beginning. */
  readonly longestSpelling: number

  constructor({ endpoint, proxy }: Pick<Settings, 'endpoint' | 'proxy'>, headers: Readonly<Record<string, string>>) {
    const values = Object.entries(headers).map(([name, value]) => (PUBLIC.has(name) ? '' : value))
    const given = [...values, ...queryValues(endpoint.path)]
    for (const authorization of [endpoint.authorization, proxy?.authorization, headers['authorization']]) {
      if (authorization !== undefined) given.push(authorization, ...basicCredentials(authorization))
    }
    // A value is repeated whole, or without what stands before it, as in `Bearer …` and `token=…`.
    const parts = given.flatMap((value) => [value, ...value.split(/\s+/), ...value.split(/[\s,;:="]+/)])
    // The longest first: of two that begin alike the shorter one would leave the rest of the other.
    const secrets = [...new Set(parts)].filter((part) => part.length >= SHORTEST && !PUBLIC_WORD.test(part))
    const found = secrets.toSorted((a, b) => b.length - a.length)
    this.#pattern = found.length === 0 ? undefined : new RegExp(found.map(spellingsOf).join('|'), 'gi')
    this.longestSpelling = (found[0]?.length ?? 0) * SPELLING_LENGTH
  }

  redact(text: string): string {
    return this.#pattern === undefined ? text : text.replaceAll(this.#pattern, '…')
  }
}

/** A part without a value may be a key by itself. */
function queryValues(path: string): string[] {
  const start = path.indexOf('?')
  return start < 0 ? [] : [...new URLSearchParams(path.slice(start))].map(([name, value]) => value || name)
}

function basicCredentials(authorization: string): string[] {
  const [, base64] = /^basic\s+(\S+)$/i.exec(authorization) ?? []
  return base64 === undefined ? [] : [Buffer.from(base64, 'base64').toString('utf8')]
}

/** A pattern for the text as it is, and as JSON, HTML, a URL, or the wrong character set has it. */
function spellingsOf(secret: string): string {
  let pattern = ''
  for (const char of secret) pattern += /[0-9A-Za-z]/.test(char) ? char : `(?:${spellings(char).join('|')})`
  return pattern
}

function spellings(char: string): string[] {
  const code = char.codePointAt(0) as number
  const hex = code.toString(16)
  const utf8 = Buffer.from(char)
  const percent = (bytes: Uint8Array): string => Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  const forms = [
    String.raw`\\?${escaped(char)}`,
    percent(utf8),
    String.raw`\\u${hex.padStart(4, '0')}`,
    `&#0*${code};`,
    `&#x0*${hex};`,
    '&[a-z]+;',
  ]
  if (char === ' ') forms.push(String.raw`\s+`, String.raw`\+`)
  if (code > 0x7f) forms.push(escaped(utf8.toString('latin1')), String.raw`\ufffd+`, percent(Buffer.from(char, 'latin1')))
  return forms
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
