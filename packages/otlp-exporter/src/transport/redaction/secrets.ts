// SPDX-License-Identifier: Apache-2.0
import type { HeaderTexts, TransportSettings } from '../transport-settings.js'
import { beginningAtEnd, decode, endWithoutBegunEscape, lowerCased, readings } from './spellings.js'

/** Shorter secrets are not hidden, because such words occur anywhere. In characters. */
const SHORTEST = 4
/** If there are more secrets than this, no text is shown at all, because each one takes a search of its own. */
const MOST = 256
/** How many times a text may have been escaped: a login page repeats the requested URL in a query of its own. */
const DEEPEST = 3
/** Headers that are public and worth showing: an answer may name the content type or the encoding that it refuses. */
const PUBLIC: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'user-agent', 'accept', 'host'])
const PUBLIC_WORD = /^(?:basic|bearer|digest|token|apikey|true|false)$/i

/** What to search for, in the text as it is (ignoring case) and in the text after `decode`. */
interface SearchTerms {
  readonly plain: readonly string[]
  readonly decoded: readonly string[]
}

/**
 * The secrets that a backend was sent and may repeat in its answer: the values of headers, the credentials of the URL and
 * of the proxy, and the values of a query. They are found however servers spell them. Each one is searched for separately,
 * because a regular expression made of secrets can be too large, can take for ever, and appears in the message of its own
 * error.
 */
export class Secrets {
  readonly #settings: Pick<TransportSettings, 'endpoint' | 'proxy'>
  readonly #headers: HeaderTexts
  /** Made when they are needed: most answers have no text. */
  #terms: SearchTerms | 'too-many' | undefined

  constructor(settings: Pick<TransportSettings, 'endpoint' | 'proxy'>, headers: HeaderTexts) {
    this.#settings = settings
    this.#headers = headers
  }

  /**
   * The text with `…` in place of secrets. Empty if there are too many secrets to search for. `isWhole` is false if `text` is
   * only the beginning of a text: it may end inside a secret, so the beginning of a secret at its end is hidden, too.
   */
  redact(text: string, isWhole = true): string {
    this.#terms ??= this.#find()
    if (this.#terms === 'too-many') return ''
    const shown = isWhole ? text : text.slice(0, endWithoutBegunEscape(text))
    const { plain, decoded } = this.#terms
    /** 1 for each character that is not shown. */
    const hidden = new Uint8Array(shown.length)
    hide(hidden, lowerCased(shown), plain, isWhole)
    let { text: plainText, starts } = decode(shown)
    hide(hidden, plainText, decoded, isWhole, starts)
    for (let depth = 1; depth < DEEPEST && /[%&]/.test(plainText); depth++) {
      const again = decode(isWhole ? plainText : plainText.slice(0, endWithoutBegunEscape(plainText)))
      const outer = starts
      starts = [...again.starts.slice(0, -1).map((at) => outer[at] as number), shown.length]
      plainText = again.text
      hide(hidden, plainText, decoded, isWhole, starts)
    }
    return visible(shown, hidden)
  }

  #find(): SearchTerms | 'too-many' {
    const { endpoint, proxy } = this.#settings
    const parts: string[] = []
    for (const [name, value] of Object.entries(this.#headers)) if (!PUBLIC.has(name)) parts.push(...partsOf(value))
    for (const value of queryValues(endpoint.path)) parts.push(...partsOf(value))
    for (const authorization of [endpoint.authorization, proxy?.authorization, this.#headers['authorization']]) {
      if (authorization === undefined) continue
      for (const value of [authorization, ...basicCredentials(authorization)]) parts.push(...partsOf(value))
    }
    const plain = [...new Set(parts.map(lowerCased))].filter((part) => part.length >= SHORTEST && !PUBLIC_WORD.test(part))
    if (plain.length > MOST) return 'too-many'
    const decoded = new Set(plain.flatMap(readings).filter((reading) => reading.length >= SHORTEST))
    return { plain, decoded: [...decoded] }
  }
}

/** Servers repeat a whole value, or only what follows the first word, as in `Bearer …` and `token=…`. */
function partsOf(value: string): string[] {
  const pieces = value.split(/[\s;]+/)
  const values = pieces.map((piece) => unquoted(piece.slice(piece.indexOf('=') + 1)))
  return [value, ...pieces, ...values, ...value.split(/[\s,;:="]+/)]
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
}

/** A query parameter without a value may itself be a secret key. */
function queryValues(path: string): string[] {
  const start = path.indexOf('?')
  return start < 0 ? [] : [...new URLSearchParams(path.slice(start))].map(([name, value]) => value || name)
}

/** User and password, together and separately. A password may contain any character. */
function basicCredentials(authorization: string): string[] {
  const [, base64] = /^basic\s+(\S+)$/i.exec(authorization) ?? []
  if (base64 === undefined) return []
  const both = Buffer.from(base64, 'base64').toString('utf8')
  const colon = both.indexOf(':')
  return colon < 0 ? [both] : [both, both.slice(0, colon), both.slice(colon + 1)]
}

/** Marks every occurrence of the terms in the text. `starts` maps positions in a decoded text to positions in the original. */
function hide(hidden: Uint8Array, text: string, terms: readonly string[], isWhole: boolean, starts?: readonly number[]): void {
  const mark = (from: number, to: number): void => void hidden.fill(1, starts?.[from] ?? from, starts?.[to] ?? to)
  for (const term of terms) {
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) mark(at, at + term.length)
    if (!isWhole) mark(text.length - beginningAtEnd(term, text), text.length)
  }
}

function visible(text: string, hidden: Uint8Array): string {
  let rest = ''
  for (let at = 0; at < text.length;) {
    const isHidden = hidden[at] as number
    const next = hidden.indexOf(1 - isHidden, at)
    const end = next < 0 ? text.length : next
    rest += isHidden === 1 ? '…' : text.slice(at, end)
    at = end
  }
  return rest
}
