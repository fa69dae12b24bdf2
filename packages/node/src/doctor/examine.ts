// SPDX-License-Identifier: Apache-2.0
import { EXPORT_THREAD, INVALID_SETTING, MISSING_PACKAGE, NO_ES_MODULES } from '@spanring/core/warning-codes'
import type { Environment } from '../environment.js'
import { checkDelivery } from './check-delivery.js'
import { checkSwitches } from './check-switches.js'
import { checkTimeLimits } from './check-time-limits.js'
import { checkVariables } from './check-variables.js'
import { fault, note } from './finding.js'
import type { Finding } from './finding.js'
import type { Evidence } from './gather.js'
import type { ProbeReport } from './probe-report.js'
import { excerpt, redact } from './redact.js'
import type { Warning } from './warning.js'

/** How much of stderr is shown if the set-up fails to start, in characters. */
const STDERR_LENGTH = 1000

/** What OpenTelemetry's own packages log about an invalid option or variable. */
const STOCK_INVALID_SETTING = /must be|Unsupported|Unrecognized|Unknown value/
/** Such a line repeats an answer of the backend, which may contain any text. `checkDelivery` examines it instead. */
const STOCK_ANSWER = /could not deserialize response|Partial Success/

/** Draws conclusions from what is known, in the order in which they are shown. */
export async function examine(evidence: Evidence): Promise<Finding[]> {
  const { env, probe } = evidence
  return [
    ...examineStart(evidence),
    ...(probe.report === undefined
      ? // Redacted before it is cut, because a part of a secret would not be recognised.
        [fault(`The set-up itself does not start: ${redact(probe.stderr, env).trim().slice(0, STDERR_LENGTH)}`)]
      : await examineReport(probe.report, probe.warnings, env)),
  ]
}

function examineStart({ isStartGiven, isStartedTwice, missingPackages, startedBy }: Evidence): Finding[] {
  const findings: Finding[] = []
  if (!isStartGiven) {
    findings.push(note(`Neither NODE_OPTIONS nor this command starts telemetry, so the doctor starts it with ${startedBy}.`))
  }
  if (missingPackages.length > 0) {
    findings.push(fault('Packages are not installed beside the application.', `npm install ${missingPackages.join(' ')}`))
  }
  if (isStartedTwice) {
    findings.push(
      fault(
        'Telemetry is started twice: by @opentelemetry/auto-instrumentations-node/register (the stock register) and by @spanring/node/register.',
        'Remove the stock one from NODE_OPTIONS and from your start command; until then spanring starts nothing.',
      ),
    )
  }
  return findings
}

async function examineReport(report: ProbeReport, warnings: readonly Warning[], env: Environment): Promise<Finding[]> {
  return [
    ...warnings.flatMap((warning) => examineWarning(warning, env)),
    ...checkVariables(env, report),
    ...checkTimeLimits(env, report.read),
    checkSwitches(env, report) ?? (await checkDelivery(report, warnings, env)),
  ]
}

/** No finding if the warning is about the delivery of spans, or about something that the doctor checks itself. */
function examineWarning({ isOurs, code, text }: Warning, env: Environment): Finding[] {
  if (code === NO_ES_MODULES) return [note(text)]
  const isInvalid = isOurs
    ? code === INVALID_SETTING || code === MISSING_PACKAGE || code === EXPORT_THREAD
    : STOCK_INVALID_SETTING.test(text) && !STOCK_ANSWER.test(text)
  return isInvalid ? [fault(excerpt(text, env))] : []
}
