// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BACKEND_DOWN } from '@spanring/core/warning-codes'
import { API_VERSION } from './probe-report.js'
import type { ProbeMessage, ProbeReport } from './probe-report.js'
import { warningOf, warningsOnStderr } from './warning.js'
import type { Warning } from './warning.js'

export interface ProbeResult {
  /** Undefined if the set-up failed before the probe could report. */
  readonly report: ProbeReport | undefined
  /** What was logged, each text once. */
  readonly warnings: readonly Warning[]
  readonly stderr: string
}

/** How long the set-up and the test span may take, in milliseconds. Longer than the probe waits for the span. */
const LIMIT_MILLIS = 60_000
/** How long to wait for a backend that is down, in milliseconds. Nobody wants to wait for every retry of the exporter. */
const DOWN_MILLIS = 2500

/** Starts Node.js in the same way as the application, but with the probe in its place. */
export async function runProbe(options: readonly string[], apiVersion: string | undefined): Promise<ProbeResult> {
  const record = fileURLToPath(new URL('../../cjs/doctor/record.js', import.meta.url))
  const probe = new URL('probe.js', import.meta.url).href
  // Address and time-outs stay as the application has them. Only the exporters of other signals are replaced, and the log
  // level, which could hide warnings from us.
  const { OTEL_LOG_LEVEL: _, ...inherited } = process.env
  const child = spawn(process.execPath, [...options, '--eval', `import(${JSON.stringify(probe)}).then((it) => it.probe())`], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...inherited,
      // Placed before the application's own preloads. Node.js applies NODE_OPTIONS first, in order.
      NODE_OPTIONS: `--require ${JSON.stringify(record)} ${process.env['NODE_OPTIONS'] ?? ''}`,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...(apiVersion === undefined ? {} : { [API_VERSION]: apiVersion }),
    },
  })
  let report: ProbeReport | undefined
  let stderr = ''
  const logged: Warning[] = []
  const warnings = (): Warning[] => uniqueByText([...logged, ...warningsOnStderr(stderr)])
  let downTimer: NodeJS.Timeout | undefined
  function lookForOutage(): void {
    const outage = warnings().find(({ code }) => code === BACKEND_DOWN)
    if (outage === undefined) return
    downTimer ??= setTimeout(() => child.connected && child.send(errorOfOutage(outage.text)), DOWN_MILLIS)
  }

  child.on('message', (message: ProbeMessage) => {
    if ('logged' in message) logged.push(warningOf(message.logged))
    else ({ report } = message)
    lookForOutage()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    lookForOutage()
  })
  const limitTimer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS)
  await once(child, 'close')
  clearTimeout(limitTimer)
  clearTimeout(downTimer)
  return { report, warnings: warnings(), stderr }
}

/** A warning may come both through `diag` and on stderr. */
function uniqueByText(warnings: readonly Warning[]): Warning[] {
  const texts = new Set<string>()
  return warnings.filter(({ text }) => !texts.has(text) && texts.add(text))
}

/** Turns the warning that the backend is down into the text of an exporter's error: address and reason. */
function errorOfOutage(text: string): string {
  const [, where, why] = /^OTLPTraceExporter: (\S+) is down: (.*?)(?:; trying again.*)?$/s.exec(text) ?? []
  return where === undefined ? text : `${where}: ${why}`
}
