// SPDX-License-Identifier: Apache-2.0
import { connect } from 'node:http2'
import type { Environment } from '../environment.js'
import { exportLimit } from './check-time-limits.js'
import { endpointSource } from './endpoint.js'
import type { FailedSpan } from './probe-report.js'
import { excerpt } from './redact.js'

/** How long to wait for the first frame of HTTP/2, in milliseconds. */
const HTTP2_MILLIS = 1000

interface Explanation {
  readonly what: string
  readonly advice: string
}

/**
 * Explains an error of any exporter, and says what to do about it. `read` are the names of the variables that anything reads.
 */
export async function explainFailure(
  { error: failed, data }: FailedSpan,
  read: readonly string[],
  env: Environment,
): Promise<Explanation> {
  const { variable, value } = endpointSource(env)
  const url = /https?:\/\/[^\s;]+?(?=: |[\s;]|$)/.exec(failed)?.[0]
  const where = url ?? 'the endpoint'
  // Checked first: text of the backend follows the status, and it may contain anything that is searched for below.
  const [, status, location, words = ''] =
    /(?:answered|HTTP) (\d{3})(?: with Location (that is not a URL|\S+?)(?=: |[;\s]|$))?(?:: (.*))?/s.exec(failed) ?? []
  if (status !== undefined) {
    const { what, advice } = explainStatus(Number(status), where, variable, location)
    const answer = excerpt(data ?? words, env)
    return { what: answer === '' ? what : `${what} It says: ${answer}`, advice }
  }
  if (/ECONNREFUSED/.test(failed)) {
    const source = value
      ? `The address comes from ${variable}.`
      : `${variable} is not set. Set it to the address of the backend, unless your code does.`
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
      advice: `Write http:// instead of https:// in ${variable}, or turn on TLS at the backend.`,
    }
  }
  if (/certificate/i.test(failed)) {
    return {
      what: `the certificate of the backend was refused: ${failed}`,
      advice: 'Set OTEL_EXPORTER_OTLP_CERTIFICATE to a file with the certificate of its authority.',
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
  if (/time|DEADLINE|end(ed)? within/i.test(failed)) {
    const limit = exportLimit(env, read)
    const bound =
      limit === undefined ? 'in time' : `within ${limit.millis} ms, which is ${limit.variable}; the unit is milliseconds`
    return {
      what: `${where} did not answer ${bound}.`,
      advice: 'Look for a firewall or a proxy on the way, an overloaded backend, or a time-out that is too short.',
    }
  }
  return { what: excerpt(failed, env), advice: `Check ${variable}, and whether the backend works.` }
}

function explainStatus(status: number, where: string, variable: string, location: string | undefined): Explanation {
  if (status >= 300 && status < 400) {
    // If it cannot parse the URL, the exporter of spanring puts a few words in its place.
    const target = location === undefined ? '' : ` to ${location.includes(' ') ? 'an invalid URL' : location}`
    return {
      what: `${where} redirects${target} (HTTP ${status}), and the exporter does not follow redirects.`,
      advice: `Set ${variable} to the address of the backend itself. A login page redirects as well.`,
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
      what: `${where} does not accept traces (HTTP ${status}).`,
      advice: `The path is usually /v1/traces. It is appended to OTEL_EXPORTER_OTLP_ENDPOINT, and not to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.`,
    }
  }
  if (status === 400 || status === 415) {
    return {
      what: `the backend refused the request (HTTP ${status}).`,
      advice:
        'If its answer does not say why, it may expect another protocol: OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf or http/json.',
    }
  }
  if (status === 429 || status >= 500) {
    return {
      what: `the backend failed or is overloaded (HTTP ${status}).`,
      advice: 'The set-up looks right. Look at the logs of the backend.',
    }
  }
  return { what: `the backend answers HTTP ${status}.`, advice: 'Look at the logs of the backend.' }
}

/** True for a gRPC server, which begins with an HTTP/2 SETTINGS frame. A server of HTTP/1.1 does not. */
function speaksHttp2(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(new URL(url).origin)
    const timer = setTimeout(() => session.destroy(), HTTP2_MILLIS)
    session.once('remoteSettings', () => {
      resolve(true)
      session.destroy()
    })
    session.on('error', () => {})
    session.once('close', () => {
      clearTimeout(timer)
      resolve(false)
    })
  })
}
