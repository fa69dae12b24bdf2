// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findBehind, findBeside, findPackage } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { STOCK_REGISTER } from '../start/preconditions.js'
import { checkDelivery } from './check-delivery.js'
import { checkSwitches } from './check-switches.js'
import { checkVariables } from './check-variables.js'
import { endpointText } from './endpoint.js'
import { excerpt } from './excerpt.js'
import { fault, note } from './finding.js'
import type { Finding } from './finding.js'
import { redact } from './redact.js'
import { runProbe } from './run-probe.js'
import { checkTimeLimits } from './check-time-limits.js'

const OURS = '@spanring/node/register'
const PRELOAD = /(^|\s)(--import|--require|-r|--experimental-loader|--loader)\b/

/** Looks at the set-up in the working directory; `options` are those of node that start its telemetry. */
export async function diagnose(options: readonly string[]): Promise<{ text: string; isHealthy: boolean }> {
  const given = [process.env['NODE_OPTIONS'] ?? '', ...options].join(' ')
  const isGiven = PRELOAD.test(given)
  const findings: Finding[] = []
  if (!isGiven)
    findings.push(
      note(`Neither NODE_OPTIONS nor this command starts telemetry; looking at it as --import ${OURS} would start it.`),
    )

  const sdk = findPackage('@opentelemetry/sdk-node')
  const api = sdk ? findBehind(sdk, '@opentelemetry/api') : findPackage('@opentelemetry/api')
  const auto = sdk && findBeside(sdk, '@opentelemetry/auto-instrumentations-node')
  const missing = [
    ...(sdk ? [] : ['@opentelemetry/api', '@opentelemetry/sdk-node']),
    ...(auto || !(!isGiven || given.includes(OURS)) ? [] : ['@opentelemetry/auto-instrumentations-node']),
  ]
  if (missing.length > 0)
    findings.push(fault('Packages are not installed beside the application.', `npm install ${missing.join(' ')}`))
  if (STOCK_REGISTER.test(given) && given.includes(OURS)) {
    findings.push(
      fault(
        'Telemetry is started twice: by @opentelemetry/auto-instrumentations-node/register (the stock register) and by @spanring/node/register.',
        'Remove the stock one from NODE_OPTIONS and from your start command; until then spanring starts nothing.',
      ),
    )
  }

  const { report, said, stderr } = await runProbe([...options, ...(isGiven ? [] : ['--import', OURS])], api && versionOf(api))
  if (report === undefined) {
    // Redacted before it is cut: what a cut leaves of a secret is still one.
    findings.push(fault(`The set-up itself does not start: ${redact(stderr, process.env).trim().slice(0, 1000)}`))
  } else {
    for (const line of said) {
      if (WRONG_VALUE.test(line) && !OF_BACKEND.test(line)) findings.push(fault(excerpt(line, process.env)))
      else if (line.startsWith('names imported from ES modules')) findings.push(note(line))
    }
    findings.push(
      ...checkVariables(process.env, report),
      ...checkTimeLimits(process.env, report.read),
      checkSwitches(process.env, report) ?? (await checkDelivery(report, said, process.env)),
    )
  }

  const lines = [
    'spanring doctor',
    '',
    `Node.js        ${process.versions.node}`,
    `OpenTelemetry  ${sdk ? `SDK ${lineOf(versionOf(sdk))} (sdk-node ${versionOf(sdk)}, api ${api ? versionOf(api) : 'not found'})` : 'no NodeSDK found'}`,
    `started by     ${isGiven ? given.trim() : `--import ${OURS}`}`,
    ...(report?.pipeline === undefined ? [] : [`pipeline       ${report.pipeline}`]),
    `sends to       ${endpointText(process.env, report?.read ?? [])}`,
    '',
    ...findings.flatMap(linesOf),
    '',
  ]
  const faults = findings.filter(({ kind }) => kind === 'fault').length
  lines.push(faults === 0 ? 'All is well.' : `${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong.`, '')
  return { text: redact(lines.join('\n'), process.env), isHealthy: faults === 0 }
}

/** A variable or an option that was read and could not be used. */
const WRONG_VALUE =
  /must be|; left out$(?<!name=value; left out)|not used|cannot be read|cannot be loaded|not installed|Unsupported|Unrecognized|Unknown value/
/** What a backend has written may be about anything; `checkDelivery` looks at it. */
const OF_BACKEND =
  /answered \d{3}|is down: |could not deserialize response|rejected \d+ of \d+ spans|took the spans and warns|Partial Success/
/** They make a terminal do things. A line may have several of its own. */
const CONTROL = /(?!\n)[\p{Cc}\p{Cf}]+/gu

function linesOf({ kind, text, advice }: Finding): string[] {
  return [`${kind.padEnd(6)} ${text.replaceAll(CONTROL, ' ')}`, ...(advice === undefined ? [] : [`       → ${advice}`])]
}

function lineOf(version: string): string {
  const [major, minor] = version.split('.').map(Number)
  return major === 0 && (minor ?? 0) >= 300 ? '3.x' : major === 0 && (minor ?? 0) >= 200 ? '2.x' : '1.x'
}

function versionOf({ name, file }: InstalledPackage): string {
  for (let dir = dirname(file); dir !== dirname(dir); dir = dirname(dir)) {
    try {
      const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string; version?: string }
      if (manifest.name === name && manifest.version !== undefined) return manifest.version
    } catch {
      // The manifest is further up.
    }
  }
  return 'of an unknown version'
}
