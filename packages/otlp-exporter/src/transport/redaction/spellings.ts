// SPDX-License-Identifier: Apache-2.0

/** A text without its escapes, the position in the original where each character begins, and last the position of the end. */
export interface Decoded {
  readonly text: string
  readonly starts: readonly number[]
}

/** The escapes of URLs, JSON, scripts and HTML. Their length is bounded, so that no text takes long. */
const ESCAPE = /%([0-9a-f]{2})|\\(?:u([0-9a-f]{4})|x([0-9a-f]{2}))|&#(\d{1,9});|&#x([0-9a-f]{1,8});|&([a-z]{2,8});/iy
/** The beginning of an escape, or of a character in UTF-8, at the end of a text that was cut. */
const BEGUN_ESCAPE = /(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&#?[0-9a-z]{0,9}|\ufffd)$/i
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['nbsp', ' '],
  ['tab', ' '],
  ...`amp& lt< gt> quot" apos' excl! num# dollar$ percnt% lpar( rpar) ast* plus+ comma, period. sol/ bsol\\ colon: semi; equals=
  quest? commat@ lsqb[ lbrack[ rsqb] rbrack] hat^ lowbar_ grave\` lcub{ lbrace{ verbar| vert| rcub} rbrace}`
    .split(/\s+/)
    .map((entity) => [entity.slice(0, -1), entity.slice(-1)] as const),
])
/** Stands for every character outside ASCII: each has too many spellings in too many character sets. */
const NOT_ASCII = '\ufffd'

/**
 * Decodes in one pass. Escapes become characters, letters become lower case, `+` becomes a space, and several spaces become
 * one. Other backslashes are removed, because they escape what follows.
 */
export function decode(source: string): Decoded {
  const starts: number[] = []
  let text = ''
  /** Where the next character begins, including the backslashes before it. */
  let start = 0
  let wasBlank = false
  for (let at = 0; at < source.length;) {
    const [char, length] = charAt(source, at)
    at += length
    const isBlank = /[\s+]/.test(char)
    if (char !== '\\' && !(isBlank && wasBlank)) {
      text += isBlank ? ' ' : char
      starts.push(start)
    }
    wasBlank = isBlank
    if (char !== '\\') start = at
  }
  starts.push(source.length)
  return { text, starts }
}

function charAt(source: string, at: number): [char: string, length: number] {
  const char = source.charAt(at)
  if (char === '%' || char === '\\' || char === '&') {
    ESCAPE.lastIndex = at
    const [escape, percent, unicode, byte, decimal, hex, name] = ESCAPE.exec(source) ?? []
    if (escape !== undefined) {
      if (name !== undefined) return [ENTITIES.get(name.toLowerCase()) ?? NOT_ASCII, escape.length]
      const code = decimal === undefined ? Number.parseInt((percent ?? unicode ?? byte ?? hex) as string, 16) : Number(decimal)
      return [folded(code), escape.length]
    }
  }
  return [folded(char.charCodeAt(0)), 1]
}

function folded(code: number): string {
  return code < 0x80 ? String.fromCharCode(code).toLowerCase() : NOT_ASCII
}

/** What `decode` may make of a secret: with its own escapes decoded or not, from JSON, or from another character set. */
export function readings(secret: string): string[] {
  const literal = secret.replaceAll(/[%&\\]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  const spellings = [secret, literal, JSON.stringify(secret).slice(1, -1)]
  for (const text of [secret, literal]) spellings.push(Buffer.from(text).toString('latin1'))
  return [...new Set(spellings)].map((spelling) => decode(spelling).text)
}

/** Changes only ASCII letters, so that the length stays the same. */
export function lowerCased(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The length of the text without an escape that is cut off at its end. */
export function endWithoutBegunEscape(text: string): number {
  const begun = BEGUN_ESCAPE.exec(text.slice(-12))
  return begun === null ? text.length : text.length - begun[0].length
}

/** The length of the longest beginning of `word` that `text` ends with. In linear time, by Knuth, Morris and Pratt. */
export function beginningAtEnd(word: string, text: string): number {
  const borders = new Uint32Array(word.length)
  for (let at = 1, length = 0; at < word.length; at++) borders[at] = length = extended(word, borders, length, word[at])
  let length = 0
  for (let at = Math.max(0, text.length - word.length + 1); at < text.length; at++) {
    length = extended(word, borders, length, text[at])
  }
  return length
}

function extended(word: string, borders: Uint32Array, length: number, char: string | undefined): number {
  let matched = length
  while (matched > 0 && word[matched] !== char) matched = borders[matched - 1] as number
  return word[matched] === char ? matched + 1 : 0
}
