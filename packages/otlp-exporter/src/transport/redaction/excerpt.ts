// SPDX-License-Identifier: Apache-2.0
import type { Secrets } from './secrets.js'

/** The most that a line in a log shows of a backend's words, in characters. */
export const MESSAGE_LENGTH = 300
/** The most that `data` of an error has of them, in characters. */
export const DATA_LENGTH = 4096
/** The rest of a longer text is ignored. In characters. */
const TOO_LONG = 16 * 1024

/**
 * The only way in which words of a backend get into a message, a warning or an error: without secrets, on one line, with
 * control characters escaped, and cut to `length`. In this order: once it is cut, a secret is not found any more. `isWhole`
 * is false for the beginning of a text.
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
