// SPDX-License-Identifier: Apache-2.0
import { fieldsOf, isText, textOf } from './protobuf-fields.js'

/**
 * The readable part of a body: `text` as the backend wrote it, `words` without markup. Show them only through `excerptOf`,
 * because a backend may repeat secrets.
 */
export interface AnswerWords {
  readonly text: string
  readonly words: string
}

/** Reads a google.rpc.Status in protobuf, as OTLP requires, or in JSON; other JSON, HTML and text. Empty for anything else. */
export function wordsOf(body: Uint8Array): AnswerWords {
  const text = textOf(body).trim()
  const message = isText(text) ? undefined : statusMessage(body)
  if (message !== undefined) return { text: message, words: message }
  if (!isMostlyText(text)) return { text: '', words: '' }
  if (/^[{[]/.test(text)) return { text, words: jsonMessage(text) ?? text }
  return { text, words: text.startsWith('<') ? textOfHtml(text) : text }
}

/** Some backends send text with a stray control character. An image or a compressed body is full of them. */
function isMostlyText(text: string): boolean {
  let odd = 0
  for (const char of text) if (!isText(char)) odd++
  return odd * 10 <= text.length
}

/** `message` (2) of a google.rpc.Status; undefined if the body is not one. */
function statusMessage(body: Uint8Array): string | undefined {
  let message: string | undefined
  try {
    for (const [field, value] of fieldsOf(body)) if (field === 2 && typeof value !== 'number') message = textOf(value)
  } catch {
    // The details that follow the message may be cut off.
  }
  return message
}

/** The keys that hold the message in JSON errors, the most common first. */
const MESSAGE_KEYS = ['message', 'error', 'errors', 'detail', 'error_description', 'title'] as const

function jsonMessage(text: string): string | undefined {
  try {
    return messageIn(JSON.parse(text), 3)
  } catch {
    return undefined
  }
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  if (Array.isArray(value)) return messageIn(value[0], depth - 1)
  for (const key of MESSAGE_KEYS) {
    const message = messageIn((value as Record<string, unknown>)[key], depth - 1)
    if (message !== undefined) return message
  }
  return undefined
}

/** The title, and the visible text unless it only repeats the title. */
function textOfHtml(html: string): string {
  const [, title = ''] = /<title[^<>]*>([^<]*)/i.exec(html) ?? []
  let body = html
  for (const name of ['title', 'script', 'style']) body = withoutElement(body, name)
  const seen = body
    .replaceAll(/<[^<>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const heading = title.replaceAll(/\s+/g, ' ').trim()
  if (heading === '' || seen.startsWith(heading)) return seen
  return seen === '' ? heading : `${heading}: ${seen}`
}

/** Searches for the end tag after each start tag. A regular expression would take quadratic time if end tags are missing. */
function withoutElement(html: string, name: string): string {
  const lowerCase = html.toLowerCase()
  let rest = ''
  let at = 0
  for (;;) {
    const from = lowerCase.indexOf(`<${name}`, at)
    if (from < 0) return rest + html.slice(at)
    rest += html.slice(at, from)
    const end = lowerCase.indexOf(`</${name}`, from)
    if (end < 0) return rest
    at = end
  }
}
