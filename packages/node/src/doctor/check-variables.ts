// SPDX-License-Identifier: Apache-2.0
import type { Environment } from '../environment.js'
import { LOG_LEVELS } from '../stderr.js'
import { fault, note, ok } from './finding.js'
import type { Finding } from './finding.js'
import type { ProbeReport } from './probe-report.js'

/** The variables of metrics and logs, which the doctor ignores, and the variables that it sets or removes itself. */
const NOT_LOOKED_AT = /METRIC|_LOGS_|BLRP|^OTEL_LOG_LEVEL$|^SPANRING_DOCTOR_/

/** `NodeSDK` reads these only if it makes the span processors itself. */
const OF_NODE_SDK = /^OTEL_(TRACES_EXPORTER|BSP_\w+|EXPORTER_OTLP_(TRACES_)?PROTOCOL)$/

/** Known names. An unknown name may be one of these with a typing error. */
const NAMES = [
  'SPANRING_EXIT_TIMEOUT',
  'SPANRING_WORKER',
  'OTEL_NODE_RESOURCE_DETECTORS',
  'OTEL_NODE_ENABLED_INSTRUMENTATIONS',
  'OTEL_NODE_DISABLED_INSTRUMENTATIONS',
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

/** Two transposed letters count as two errors. */
const MAX_TYPING_ERRORS = 2

/** Reports which of the variables that are set are read by anything, and what is wrong with them. */
export function checkVariables(env: Environment, report: ProbeReport): Finding[] {
  const set = Object.keys(env).filter((name) => /^(OTEL|SPANRING)_/.test(name) && env[name] !== '' && !NOT_LOOKED_AT.test(name))
  const unread = set.toSorted().filter((name) => !report.read.includes(name))
  const read = set.toSorted().filter((name) => report.read.includes(name))
  return [
    ...(read.length > 0 ? [ok(`Read: ${read.join(', ')}`)] : []),
    ...read.flatMap((name) => (name.endsWith('_HEADERS') ? checkHeaders(name, env[name] ?? '') : [])),
    ...unread.map(explainUnread),
    ...checkLogLevel(env['OTEL_LOG_LEVEL']?.trim() ?? ''),
  ]
}

/** Checks `OTEL_LOG_LEVEL` here, because the probe cannot: the doctor removes it there, in order to see every warning. */
function checkLogLevel(text: string): Finding[] {
  if (text === '') return []
  const level = text.toUpperCase()
  if (!LOG_LEVELS.includes(level)) {
    return [fault(`OTEL_LOG_LEVEL is ${JSON.stringify(text)}; must be one of ${LOG_LEVELS.join(', ').toLowerCase()}.`)]
  }
  if (level !== 'NONE' && level !== 'ERROR') return []
  return [note(`OTEL_LOG_LEVEL=${text} hides the warnings about lost spans and a backend that is down.`)]
}

/** Stock exporters ignore a malformed pair silently. The whole text may be a token, so it is not shown. */
function checkHeaders(name: string, text: string): Finding[] {
  const wrong = text.split(',').findIndex((pair) => pair.trim() !== '' && !/^\s*[^\s=:]+\s*=/.test(pair))
  if (wrong < 0) return []
  const advice = 'Write a header as name=value, for example authorization=Bearer%20…, and separate several by commas.'
  return [fault(`${name}: header ${wrong + 1} is not written as name=value, so it is not sent.`, advice)]
}

function explainUnread(name: string): Finding {
  if (!NAMES.includes(name)) {
    const meant = nearest(name)
    if (meant !== undefined) return fault(`${name} is set, but there is no such variable.`, `Did you mean ${meant}?`)
    return note(`${name} is set, but nothing in this set-up has read it so far.`)
  }
  if (OF_NODE_SDK.test(name)) {
    return fault(
      `${name} is set, but nothing reads it: NodeSDK ignores it once your code gives it spanProcessors.`,
      `Use new NodeSDK({ spanProcessors: [createSpanProcessor()] }) from @spanring/node, which reads it, or unset it.`,
    )
  }
  if (name === 'SPANRING_EXIT_TIMEOUT')
    return fault(
      `${name} is set, but nothing in this set-up reads it.`,
      'Only @spanring/node/register does. In code, set a time limit for sdk.shutdown() yourself.',
    )
  return fault(
    `${name} is set, but nothing in this set-up reads it.`,
    'Your code may set the same thing itself. If so, unset the variable.',
  )
}

/** The known name that is at most a few typing errors away; undefined if there is none. */
function nearest(given: string): string | undefined {
  const [best] = NAMES.map((name) => ({ name, distance: distance(given, name) })).toSorted((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= MAX_TYPING_ERRORS ? best.name : undefined
}

/** The number of missing, wrong and superfluous letters (Levenshtein distance). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      next.push(Math.min((row[j] ?? 0) + (letter === other ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
