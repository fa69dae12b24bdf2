// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureInterruptions } from './interruptions.js'
import type { Interruptions } from './interruptions.js'

/** What a figure depends on besides the code: without it, no two result files can be compared. */
export interface Environment {
  readonly commit: string
  /** Files of what is measured, or of the benchmark, that differ from the commit. */
  readonly uncommitted: readonly string[]
  readonly versions: Readonly<Record<string, string>>
  readonly node: string
  readonly v8: string
  readonly cpu: string
  readonly cores: number
  readonly governor: string
  readonly memoryGigabytes: number
  readonly loadAverage: readonly number[]
  /** Older results have none. */
  readonly interruptions?: Interruptions
  readonly startedAt: string
  readonly command: string
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const GOVERNOR_FILE = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'

/** `script` is the one of the root package; paths of this machine are nobody's business. */
export function describeEnvironment(script: string, args: readonly string[]): Environment {
  return {
    commit: git('rev-parse', 'HEAD') || 'unknown',
    uncommitted: git('status', '--porcelain', '--', 'packages/*/src', 'benchmarks/src', 'test/fixtures/sdks')
      .split('\n')
      .filter(Boolean),
    versions: {
      '@spanring/batch-span-processor': versionOf('@spanring/batch-span-processor'),
      '@spanring/otlp-exporter': versionOf('@spanring/otlp-exporter'),
      '@opentelemetry/sdk-trace-base': versionOf('@opentelemetry/sdk-trace-base', '@spanring/sdk-2'),
      '@opentelemetry/exporter-trace-otlp-proto (SDK 2.12)': versionOf(
        '@opentelemetry/exporter-trace-otlp-proto',
        '@spanring/sdk-2',
      ),
      '@opentelemetry/sdk-trace': versionOf('@opentelemetry/sdk-trace', '@spanring/sdk-3'),
      '@opentelemetry/exporter-trace-otlp-proto (SDK 3.1)': versionOf(
        '@opentelemetry/exporter-trace-otlp-proto',
        '@spanring/sdk-3',
      ),
    },
    node: process.version,
    v8: process.versions.v8,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    governor: existsSync(GOVERNOR_FILE) ? readFileSync(GOVERNOR_FILE, 'utf8').trim() : 'unknown',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    loadAverage: loadavg().map((load) => Math.round(load * 100) / 100),
    interruptions: measureInterruptions(),
    startedAt: new Date().toISOString(),
    command: ['npm', 'run', script, ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  }
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trimEnd()
  } catch {
    // A tarball without a repository is measured all the same.
    return ''
  }
}

/** Of the copy that `owner` resolves. By walking up: newer packages do not export their package.json. */
function versionOf(name: string, owner?: string): string {
  const own = createRequire(import.meta.url)
  const require = owner === undefined ? own : createRequire(own.resolve(owner))
  let dir = dirname(require.resolve(name))
  while (dir !== dirname(dir)) {
    const file = join(dir, 'package.json')
    if (existsSync(file)) {
      const manifest: { name?: string; version?: string } = JSON.parse(readFileSync(file, 'utf8'))
      if (manifest.name === name && manifest.version !== undefined) return manifest.version
    }
    dir = dirname(dir)
  }
  return 'unknown'
}
