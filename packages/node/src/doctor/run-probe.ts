// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { API_VERSION } from './probe-report.js'
import type { ProbeMessage, ProbeReport } from './probe-report.js'

export interface ProbeResult {
  /** Undefined if the set-up did not get as far. */
  readonly report: ProbeReport | undefined
  /** Warnings and errors, through `diag` or of spanring on stderr. */
  readonly said: readonly string[]
  readonly stderr: string
}

/** How long the set-up may take with its test span, in milliseconds: longer than the probe waits for the span. */
const LIMIT_MILLIS = 60_000
/** For a backend that is down to come back, in milliseconds. Nobody wants to wait for every retry of the exporter. */
const DOWN_MILLIS = 2500

/** Starts Node.js as the application is started, with the probe in the application's place. */
export async function runProbe(options: readonly string[], apiVersion: string | undefined): Promise<ProbeResult> {
  const record = fileURLToPath(new URL('../../cjs/doctor/record.js', import.meta.url))
  const probe = new URL('probe.js', import.meta.url).href
  // Where to send and for how long is as the application has it. What is replaced is what others than traces do, and what
  // would keep warnings from being told.
  const { OTEL_LOG_LEVEL: _, ...inherited } = process.env
  const child = spawn(process.execPath, [...options, '--eval', `import(${JSON.stringify(probe)}).then((it) => it.probe())`], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...inherited,
      // Before those of the application: options of NODE_OPTIONS run first, in their order.
      NODE_OPTIONS: `--require ${JSON.stringify(record)} ${process.env['NODE_OPTIONS'] ?? ''}`,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...(apiVersion === undefined ? {} : { [API_VERSION]: apiVersion }),
    },
  })
  let report: ProbeReport | undefined
  let stderr = ''
  const said: string[] = []
  const allSaid = (): string[] => [...new Set([...said, ...spanringLines(stderr)])]
  let down: NodeJS.Timeout | undefined
  function lookForOutage(): void {
    const outage = allSaid().map(outageIn).find(Boolean)
    if (outage === undefined) return
    down ??= setTimeout(() => child.connected && child.send(outage), DOWN_MILLIS)
  }

  child.on('message', (message: ProbeMessage) => {
    if ('said' in message) said.push(message.said)
    else ({ report } = message)
    lookForOutage()
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    lookForOutage()
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS)
  await once(child, 'close')
  clearTimeout(limit)
  clearTimeout(down)
  return { report, said: allSaid(), stderr }
}

function spanringLines(stderr: string): string[] {
  return stderr.split('\n').flatMap((line) => (line.startsWith('spanring: ') ? [line.slice('spanring: '.length)] : []))
}

/** What keeps the exporter of spanring from sending, in the form of its errors; undefined if the line is about something else. */
function outageIn(line: string): string | undefined {
  const [, where, why] = /^OTLPTraceExporter: (\S+) is down: (.*?)(?:; trying again.*)?$/.exec(line) ?? []
  return where === undefined ? undefined : `${where}: ${why}`
}
