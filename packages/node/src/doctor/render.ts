// SPDX-License-Identifier: Apache-2.0
import { endpointText } from './endpoint.js'
import type { Finding } from './finding.js'
import type { Evidence } from './gather.js'
import { redact } from './redact.js'

/** Control characters, which a terminal would obey. Line feeds are not included, because a text may have several lines. */
const CONTROL = /(?!\n)[\p{Cc}\p{Cf}]+/gu

/** What the doctor prints, without secrets. */
export function render(evidence: Evidence, findings: readonly Finding[]): string {
  const { env, probe, startedBy } = evidence
  const lines = [
    'spanring doctor',
    '',
    `Node.js        ${process.versions.node}`,
    `OpenTelemetry  ${sdkText(evidence)}`,
    `started by     ${startedBy}`,
    ...(probe.report?.pipeline === undefined ? [] : [`pipeline       ${probe.report.pipeline}`]),
    `sends to       ${endpointText(env, probe.report?.read ?? [])}`,
    '',
    ...findings.flatMap(linesOf),
    '',
    conclusion(findings),
    '',
  ]
  return redact(lines.join('\n'), env)
}

function sdkText({ sdkVersion, apiVersion }: Evidence): string {
  if (sdkVersion === undefined) return 'no NodeSDK found'
  return `SDK ${sdkLineOf(sdkVersion)} (sdk-node ${sdkVersion}, api ${apiVersion ?? 'not found'})`
}

/** `sdk-node` 0.2xx belongs to SDK 2.x, and 0.3xx to SDK 3.x. */
function sdkLineOf(version: string): string {
  const [major, minor] = version.split('.').map(Number)
  return major === 0 && (minor ?? 0) >= 300 ? '3.x' : major === 0 && (minor ?? 0) >= 200 ? '2.x' : '1.x'
}

function linesOf({ kind, text, advice }: Finding): string[] {
  return [`${kind.padEnd(6)} ${text.replaceAll(CONTROL, ' ')}`, ...(advice === undefined ? [] : [`       → ${advice}`])]
}

function conclusion(findings: readonly Finding[]): string {
  const faults = findings.filter(({ kind }) => kind === 'fault').length
  if (faults === 0) return 'All is well.'
  return `${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong.`
}
