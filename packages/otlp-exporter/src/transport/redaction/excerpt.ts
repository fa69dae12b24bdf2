// SPDX-License-Identifier: Apache-2.0
import type { Secrets } from './secrets.js'

/** How much text of a backend a message may show, in characters. */
export const MESSAGE_LENGTH = 300
/** How much text of a backend the `data` of an error may contain, in characters. */
export const DATA_LENGTH = 4096
/** Anything beyond this length is ignored, in characters. */
const TOO_LONG = 16 * 1024

/**
 * The only way for text of a backend to get into a message, a warning or an error. It removes secrets, puts everything on one
 * line, escapes control characters, and cuts to `length`, in this order: a secret that has been cut would not be found.
 * `isWhole` is false if `text` is only the beginning of a text.
 */
export function excerptOf(text: string, secrets: Secrets, length: number, isWhole = true): string {
  const isAll = isWhole && text.length <= TOO_LONG
  const clean = secrets
    .redact(text.slice(0, TOO_LONG), isAll)
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (char) => `\\u${(char.codePointAt(0) as number).toString(16).padStart(4, '0')}`)
  if (clean.length > length) return `${clean.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')}…`
  return isAll || clean === '' || clean.endsWith('…') ? clean : `${clean}…`
}
