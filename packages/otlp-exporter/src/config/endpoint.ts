// SPDX-License-Identifier: Apache-2.0
import { INVALID_SETTING } from '@spanring/core'
import { printableUrl } from '../transport/redaction/printable-url.js'
import type { TransportEndpoint } from '../transport/transport-settings.js'
import { warnLater } from '../warn.js'
import { otlpVariables } from './environment.js'
import type { Environment } from './environment.js'

/** Where requests go. Address and port are for metrics and for `NO_PROXY`. */
export interface Endpoint extends TransportEndpoint {
  readonly serverAddress: string
  readonly serverPort: number
}

const DEFAULT_URL = 'http://localhost:4318/v1/traces'

/** Takes the option, else the variable for traces as it is, else the general variable as a base, else the default. */
export function resolveEndpoint(url: unknown, env: Environment): Endpoint {
  if (url !== undefined && url !== null) {
    const endpoint = typeof url === 'string' ? endpointOf('url', url) : refuse('url')
    if (endpoint !== undefined) return endpoint
  }
  for (const [variable, text] of otlpVariables(env, 'ENDPOINT')) {
    const isBase = variable === 'OTEL_EXPORTER_OTLP_ENDPOINT'
    const endpoint = endpointOf(variable, text, isBase)
    if (endpoint !== undefined) return endpoint
  }
  return toEndpoint(new URL(DEFAULT_URL))
}

function endpointOf(source: string, text: string, isBase = false): Endpoint | undefined {
  const url = parseHttpUrl(text)
  if (url === undefined) return refuse(source)
  // The path is appended to the path of the base, before any query.
  if (isBase) url.pathname += url.pathname.endsWith('/') ? 'v1/traces' : '/v1/traces'
  return toEndpoint(url)
}

/** The message does not show the text: if it cannot be parsed, there may be a password anywhere in it. */
function refuse(source: string): undefined {
  warnLater(`${INVALID_SETTING} ${source} is not a URL that starts with http:// or https://; not used`)
}

export function parseHttpUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

function toEndpoint(url: URL): Endpoint {
  const defaultPort = url.protocol === 'https:' ? 443 : 80
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    printable: printableUrl(url),
    serverAddress: url.hostname.replaceAll(/^\[|\]$/g, ''),
    serverPort: url.port === '' ? defaultPort : Number(url.port),
    authorization: basicAuthorization(url),
  }
}

export function basicAuthorization(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined
  const credentials = `${decoded(url.username)}:${decoded(url.password)}`
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A bare percent sign is legal in credentials, and stands for itself.
    return text
  }
}
