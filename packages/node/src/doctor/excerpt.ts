// SPDX-License-Identifier: Apache-2.0
import { redact } from './redact.js'

/** Of what a backend has written, in characters. */
const LENGTH = 300

/** On one line, without the tags of a page. Redacted before it is cut: what a cut leaves of a secret is still one. */
export function excerpt(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const line = redact(text, env)
    .replaceAll(/<(script|style)\b[^]*?<\/\1>|<[^>]*>/gi, ' ')
    .replaceAll(/[\s\p{Cc}\p{Cf}\uFFFD]+/gu, ' ')
    .trim()
  return line.length > LENGTH ? `${line.slice(0, LENGTH)}…` : line
}
