// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { API_VERSION } from './probe-report.js'
import type { ProbeReport } from './probe-report.js'

export interface ProbeResult {
  /** Undefined if the set-up did not get as far. */
  readonly report: ProbeReport | undefined
  readonly stderr: string
}

/** How long the set-up may take with its test span, in milliseconds. */
const LIMIT_MILLIS = 20_000
/** For the test span, in place of the application's own time-out: nobody wants to wait for every retry. */
const EXPORT_MILLIS = '2500'

/** Starts Node.js as the application is started, with the probe in the application's place. */
export async function runProbe(options: readonly string[], apiVersion: string | undefined): Promise<ProbeResult> {
  const record = fileURLToPath(new URL('../../cjs/doctor/record.js', import.meta.url))
  const probe = new URL('probe.js', import.meta.url).href
  const { OTEL_LOG_LEVEL: _, ...inherited } = process.env
  const child = spawn(process.execPath, [...options, '--eval', `import(${JSON.stringify(probe)}).then((it) => it.probe())`], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...inherited,
      // Before those of the application: options of NODE_OPTIONS run first, in their order.
      NODE_OPTIONS: `--require ${JSON.stringify(record)} ${process.env['NODE_OPTIONS'] ?? ''}`,
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: EXPORT_MILLIS,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      ...(apiVersion === undefined ? {} : { [API_VERSION]: apiVersion }),
    },
  })
  let report: ProbeReport | undefined
  let stderr = ''
  child.on('message', (message) => (report = message as ProbeReport))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MILLIS)
  await once(child, 'close')
  clearTimeout(limit)
  return { report, stderr }
}
