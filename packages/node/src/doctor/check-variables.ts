// SPDX-License-Identifier: Apache-2.0
import { fault, note, ok } from './finding.js'
import type { Finding } from './finding.js'
import type { ProbeReport } from './probe-report.js'

/** About metrics and logs, which the doctor does not look at, or set by it. */
const NOT_LOOKED_AT = /METRIC|_LOGS_|BLRP|^OTEL_LOG_LEVEL$|^OTEL_EXPORTER_OTLP_TRACES_TIMEOUT$|^SPANRING_DOCTOR_/

/** What NodeSDK makes span processors from, when it is given none. */
const OF_NODE_SDK = /^OTEL_(TRACES_EXPORTER|BSP_\w+|EXPORTER_OTLP_(TRACES_)?PROTOCOL)$/

/** Names of the specification that a typing error may have been meant to be. */
const NAMES = [
  'OTEL_SERVICE_NAME',
  'OTEL_RESOURCE_ATTRIBUTES',
  'OTEL_SDK_DISABLED',
  'OTEL_TRACES_EXPORTER',
  'OTEL_TRACES_SAMPLER',
  'OTEL_TRACES_SAMPLER_ARG',
  'OTEL_PROPAGATORS',
  ...['MAX_QUEUE_SIZE', 'MAX_EXPORT_BATCH_SIZE', 'SCHEDULE_DELAY', 'EXPORT_TIMEOUT'].map((name) => `OTEL_BSP_${name}`),
  ...['ENDPOINT', 'HEADERS', 'PROTOCOL', 'TIMEOUT', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_KEY', 'CLIENT_CERTIFICATE'].flatMap(
    (name) => [`OTEL_EXPORTER_OTLP_${name}`, `OTEL_EXPORTER_OTLP_TRACES_${name}`],
  ),
]

/** Which of the variables that are set are read by anything, and what is wrong with those that are. */
export function checkVariables(env: Readonly<Record<string, string | undefined>>, report: ProbeReport): Finding[] {
  const set = Object.keys(env).filter((name) => /^(OTEL|SPANRING)_/.test(name) && env[name] !== '' && !NOT_LOOKED_AT.test(name))
  const unread = set.toSorted().filter((name) => !report.read.includes(name))
  const read = set.toSorted().filter((name) => report.read.includes(name))
  return [
    ...(read.length > 0 ? [ok(`Read: ${read.join(', ')}`)] : []),
    ...read.flatMap((name) => (name.endsWith('_HEADERS') ? checkHeaders(name, env[name] ?? '') : [])),
    ...unread.map(explainUnread),
  ]
}

/** Stock exporters leave such a pair out without a word. It may be a token as a whole, so it is not shown. */
function checkHeaders(name: string, text: string): Finding[] {
  const wrong = text.split(',').findIndex((pair) => pair.trim() !== '' && !/^\s*[^\s=:]+\s*=/.test(pair))
  if (wrong < 0) return []
  const advice = 'A header is written as name=value, for example authorization=Bearer%20…; several are separated by commas.'
  return [fault(`${name}: header ${wrong + 1} is not written as name=value, so it is not sent.`, advice)]
}

function explainUnread(name: string): Finding {
  if (OF_NODE_SDK.test(name)) {
    return fault(
      `${name} is set, but nothing reads it: NodeSDK ignores it once your code gives it spanProcessors.`,
      `Use new NodeSDK({ spanProcessors: [createSpanProcessor()] }) from @spanring/node, which reads it, or unset it.`,
    )
  }
  const meant = NAMES.find((known) => isTypingError(name, known))
  if (meant !== undefined) return fault(`${name} is set, but there is no such variable.`, `Did you mean ${meant}?`)
  if (NAMES.includes(name))
    return fault(
      `${name} is set, but nothing in this set-up reads it.`,
      'Your code may set the same thing itself; then unset the variable.',
    )
  return note(`${name} is set, but nothing in this set-up has read it so far.`)
}

/** One letter too much, too little, wrong, or two that changed places. */
function isTypingError(given: string, meant: string): boolean {
  if (given === meant || Math.abs(given.length - meant.length) > 1) return false
  let start = 0
  while (start < given.length && given[start] === meant[start]) start++
  let end = 0
  while (end < given.length - start && end < meant.length - start && given.at(-1 - end) === meant.at(-1 - end)) end++
  const [a, b] = [given.slice(start, given.length - end), meant.slice(start, meant.length - end)]
  return a.length + b.length <= 2 || (a.length === 2 && b.length === 2 && a[0] === b[1] && a[1] === b[0])
}
