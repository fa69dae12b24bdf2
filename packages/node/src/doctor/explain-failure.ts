// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:http2'
import { endpointSource } from './endpoint.js'
import { excerpt } from './excerpt.js'
import type { FailedSpan } from './probe-report.js'
import { exportLimit } from './check-time-limits.js'

interface Explanation {
  readonly what: string
  readonly advice: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** What the exporter of spanring says in place of a `Location` that it cannot read. */
const NO_URL = 'that is no URL'

/** `read` are the variables that anything asks for. */
export async function explainFailure(
  { error: failed, data }: FailedSpan,
  read: readonly string[],
  env: Environment,
): Promise<Explanation> {
  const { variable, value } = endpointSource(env)
  const url = /https?:\/\/[^\s;]+?(?=: |[\s;]|$)/.exec(failed)?.[0]
  const where = url ?? 'the endpoint'
  // First: behind it are the words of the backend, which may be about anything.
  const [, status, location, words = ''] =
    /(?:answered|HTTP) (\d{3})(?: with Location (that is no URL|\S+?)(?=: |[;\s]|$))?(?:: (.*))?/s.exec(failed) ?? []
  if (status !== undefined) {
    const { what, advice } = explainStatus(Number(status), where, variable, location)
    const said = excerpt(data ?? words, env)
    return { what: said === '' ? what : `${what} It says: ${said}`, advice }
  }
  if (/ECONNREFUSED/.test(failed)) {
    const source = value
      ? `The address comes from ${variable}.`
      : `${variable} is not set; it says where to send, unless your code does.`
    const address = /ECONNREFUSED ([^\s;]*[^\s;.,])/.exec(failed)?.[1] ?? where
    return {
      what: `nothing listens at ${address} (connection refused).`,
      advice: `Is the Collector or backend running there, and is the port right? OTLP over HTTP usually has port 4318, gRPC 4317. ${source}`,
    }
  }
  if (/ENOTFOUND|EAI_AGAIN/.test(failed)) {
    return { what: `the host name in ${where} cannot be found.`, advice: `Look for a typing error in ${variable}.` }
  }
  if (/WRONG_VERSION_NUMBER|wrong version number|EPROTO/.test(failed)) {
    return {
      what: `${where} does not speak TLS.`,
      advice: `Write http:// in place of https:// in ${variable}, or turn on TLS at the backend.`,
    }
  }
  if (/certificate/i.test(failed)) {
    return {
      what: `the certificate of the backend is refused: ${failed}`,
      advice: 'Name the certificate of its authority in OTEL_EXPORTER_OTLP_CERTIFICATE.',
    }
  }
  if (url !== undefined && (await speaksHttp2(url))) {
    return {
      what: `${where} speaks gRPC, and the exporter speaks another protocol (OTLP over HTTP).`,
      advice: `Send to the HTTP port of the backend (usually 4318) with ${variable}, or set OTEL_EXPORTER_OTLP_PROTOCOL=grpc.`,
    }
  }
  if (/UNAVAILABLE/.test(failed)) {
    return {
      what: 'the endpoint speaks HTTP, and the exporter speaks gRPC.',
      advice: `Send to the gRPC port of the backend (usually 4317) with ${variable}, or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.`,
    }
  }
  if (/protocol|parse error|HPE_/i.test(failed)) {
    return {
      what: `what listens at ${where} does not speak HTTP.`,
      advice: `Check host and port in ${variable}; OTLP over HTTP usually has port 4318.`,
    }
  }
  if (/time|DEADLINE|has not ended within/i.test(failed)) {
    const limit = exportLimit(env, read)
    const bound =
      limit === undefined ? 'in time' : `within ${limit.millis} ms, which is ${limit.variable}; the unit is milliseconds`
    return {
      what: `${where} did not answer ${bound}.`,
      advice: 'Is there a firewall or a proxy between, is the backend overloaded, or the time too short?',
    }
  }
  return { what: excerpt(failed, env), advice: `Check ${variable} and whether the backend is well.` }
}

function explainStatus(status: number, where: string, variable: string, location: string | undefined): Explanation {
  if (status >= 300 && status < 400) {
    const target = location === undefined ? '' : ` to ${location === NO_URL ? `something ${NO_URL}` : location}`
    return {
      what: `${where} redirects${target} (HTTP ${status}), and the exporter does not follow.`,
      advice: `Write the address of the backend itself into ${variable}; a login page redirects as well.`,
    }
  }
  if (status === 401 || status === 403) {
    return {
      what: `the backend refuses the credentials (HTTP ${status}).`,
      advice:
        'Check the name and the value of the header in OTEL_EXPORTER_OTLP_HEADERS: it is written as name=value, for example api-key=…',
    }
  }
  if (status === 404 || status === 405) {
    return {
      what: `${where} takes no traces (HTTP ${status}).`,
      advice: `The path is usually /v1/traces. It is appended to OTEL_EXPORTER_OTLP_ENDPOINT, and not to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.`,
    }
  }
  if (status === 400 || status === 415) {
    return {
      what: `the backend refused the request (HTTP ${status}).`,
      advice:
        'If its words do not say why, it may want another protocol: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf or http/json.',
    }
  }
  if (status === 429 || status >= 500) {
    return {
      what: `the backend has a fault or is overloaded (HTTP ${status}).`,
      advice: 'The set-up looks right; look at the logs of the backend.',
    }
  }
  return { what: `the backend answers HTTP ${status}.`, advice: 'Look at the logs of the backend.' }
}

/** A gRPC server greets in HTTP/2, and a server of HTTP/1.1 does not. */
function speaksHttp2(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(new URL(url).origin)
    const limit = setTimeout(() => session.destroy(), 1000)
    session.once('remoteSettings', () => {
      resolve(true)
      session.destroy()
    })
    session.on('error', () => {})
    session.once('close', () => {
      clearTimeout(limit)
      resolve(false)
    })
  })
}
