// SPDX-License-Identifier: Apache-2.0
import { INVALID_HEADER_LIST, INVALID_SETTING } from '@spanring/core'
import type { HeaderTexts } from '../transport/transport-settings.js'
import { warnLater } from '../warn.js'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'

/** Headers that the transport or undici sets. Another value would break the request. */
const RESERVED: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
])

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Visible characters of Latin-1, spaces and tabs. */
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/

/** The headers that HTTP allows, with names in lower case. A warning names each header that is left out, but never a value. */
export function cleanHeaders(headers: unknown, source: string, onWarning: (message: string) => void): HeaderTexts {
  const clean: Record<string, string> = {}
  if (headers === undefined || headers === null) return clean
  if (typeof headers !== 'object') {
    onWarning(`${INVALID_SETTING} ${source} must be an object; not used`)
    return clean
  }
  for (const [name, value] of Object.entries(headers) as [string, unknown][]) {
    if (value === undefined || value === null) continue
    const lowerCase = name.toLowerCase()
    const text = textOf(value)
    if (!NAME.test(name))
      onWarning(`${INVALID_SETTING} ${source} has a name that HTTP does not allow: ${printableName(name)}; left out`)
    else if (RESERVED.has(lowerCase))
      onWarning(`${INVALID_SETTING} ${source} has ${lowerCase}, which the exporter sets itself; left out`)
    else if (text === undefined || !VALUE.test(text))
      onWarning(`${INVALID_SETTING} ${source} has no usable value for ${name}; left out`)
    else clean[lowerCase] = text
  }
  return clean
}

/** The id of a tenant or an account is often a number. Like the stock exporter, we send it as text. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim()
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : undefined
}

/** The part of a name that may be shown. If the name is `Authorization: Bearer …`, the rest is a secret. */
function printableName(name: string): string {
  const end = name.search(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/)
  return end < 0 ? name : `${name.slice(0, end)}…`
}

/** The headers of both variables, those for traces first. */
export function headersFromEnvironment(env: Environment): HeaderTexts {
  const [specific, general] = otlpVariables(env, 'HEADERS').map(([variable, text]) =>
    cleanHeaders(parseHeaderList(variable, text), variable, warnLater),
  )
  return { ...general, ...specific }
}

/** Parses `name=value,name=value` as in W3C baggage, percent-encoded. Metadata, after a semicolon, is ignored. */
function parseHeaderList(variable: string, text: string): HeaderTexts {
  const headers: Record<string, string> = {}
  for (const [index, pair] of text.split(',').entries()) {
    const entry = (pair.split(';', 1)[0] as string).trim()
    if (entry === '') continue
    const separator = entry.indexOf('=')
    if (separator < 1) {
      // The text is not shown, because it may be a token without a name.
      warnLater(`${INVALID_HEADER_LIST} ${variable}: pair ${index + 1} is not name=value; left out`)
      continue
    }
    const name = entry.slice(0, separator).trim()
    try {
      headers[decodeURIComponent(name)] = decodeURIComponent(entry.slice(separator + 1).trim())
    } catch {
      warnLater(`${INVALID_SETTING} ${variable}: the value of ${printableName(name)} cannot be percent-decoded; left out`)
    }
  }
  return headers
}
