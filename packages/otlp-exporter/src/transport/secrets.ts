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
  readonly #settings: Pick<Settings, 'endpoint' | 'proxy'>
  readonly #headers: Readonly<Record<string, string>>
  /** Made when it is needed: most answers have nothing to say. */
  #found: { readonly pattern: RegExp; readonly longestSpelling: number } | undefined

  constructor(settings: Pick<Settings, 'endpoint' | 'proxy'>, headers: Readonly<Record<string, string>>) {
    this.#settings = settings
    this.#headers = headers
  }

  /** How many characters at the end of a text may belong to a secret of which the text holds only the beginning. */
  get longestSpelling(): number {
    this.#found ??= this.#find()
    return this.#found.longestSpelling
  }

  redact(text: string): string {
    this.#found ??= this.#find()
    return text.replaceAll(this.#found.pattern, '…')
  }

  #find(): { readonly pattern: RegExp; readonly longestSpelling: number } {
    const { endpoint, proxy } = this.#settings
    const values = Object.entries(this.#headers).map(([name, value]) => (PUBLIC.has(name) ? '' : value))
    const given = [...values, ...queryValues(endpoint.path)]
    for (const authorization of [endpoint.authorization, proxy?.authorization, this.#headers['authorization']]) {
      if (authorization !== undefined) given.push(authorization, ...basicCredentials(authorization))
    }
    // A value is repeated whole, or without what stands before it, as in `Bearer …` and `token=…`.
    const parts = given.flatMap((value) => [value, ...value.split(/\s+/), ...value.split(/[\s,;:="]+/)])
    const secrets = [...new Set(parts)].filter((part) => part.length >= SHORTEST && !PUBLIC_WORD.test(part))
    // The longest first: of two that begin alike the shorter one would leave the rest of the other.
    const patterns = secrets.toSorted((a, b) => b.length - a.length).map(patternOf)
    // Without any, a pattern that matches nothing.
    const pattern = new RegExp(patterns.length === 0 ? '(?!)' : patterns.join('|'), 'gi')
    return { pattern, longestSpelling: Math.max(0, ...secrets.map(({ length }) => length)) * SPELLING_LENGTH }
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

/**
 * A pattern for the text as it is, and as JSON, HTML, a URL, or the wrong character set has it. What may be repeated is
 * repeated once for a whole run, and not often: ten repetitions side by side would take for ever.
 */
function patternOf(secret: string): string {
  return secret.replaceAll(/[0-9A-Za-z]+|\\+|\s+|[\u0080-\uffff]+|[^]/g, (run) => {
    if (/[0-9A-Za-z]/.test(run)) return run
    if (run.startsWith('\\')) return String.raw`(?:\\{1,64}|(?:%5c){1,64})`
    if (/\s/.test(run)) return String.raw`(?:\s|\+|%20|&[a-z]+;){1,64}`
    const spelled = Array.from(run, (char) => `(?:${spellingsOf(char).join('|')})`).join('')
    return run > '\u007f' ? String.raw`(?:${spelled}|\ufffd{1,64})` : spelled
  })
}

function spellingsOf(char: string): string[] {
  const code = char.codePointAt(0) as number
  const hex = code.toString(16)
  const utf8 = Buffer.from(char)
  const forms = [
    String.raw`\\?${escaped(char)}`,
    percentEncoded(utf8),
    String.raw`\\u${hex.padStart(4, '0')}`,
    `&#0*${code};`,
    `&#x0*${hex};`,
    '&[a-z]+;',
  ]
  if (code > 0x7f) forms.push(escaped(utf8.toString('latin1')), percentEncoded(Buffer.from(char, 'latin1')))
  return forms
}

function percentEncoded(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
