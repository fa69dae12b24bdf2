// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../environment.js'
import { findBehind, findBeside, findPackage } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { STOCK_REGISTER } from '../start/preconditions.js'
import { runProbe } from './run-probe.js'
import type { ProbeResult } from './run-probe.js'

const OUR_REGISTER = '@spanring/node/register'
/** The options that the doctor uses if none of the given ones could start telemetry. */
const DEFAULT_START = ['--import', OUR_REGISTER] as const
const PRELOAD = /(^|\s)(--import|--require|-r|--experimental-loader|--loader)\b/

/** Everything that the doctor knows about a set-up. */
export interface Evidence {
  readonly env: Environment
  /** The options of node that start telemetry, from `NODE_OPTIONS` and from the command line. */
  readonly startedBy: string
  /** False if none of these options preloads anything. `startedBy` is then our own register. */
  readonly isStartGiven: boolean
  /** Whether the stock register and ours are both among the options. */
  readonly isStartedTwice: boolean
  /** Undefined if no `NodeSDK` is installed. */
  readonly sdkVersion: string | undefined
  readonly apiVersion: string | undefined
  /** Packages that the set-up needs and that are not installed. */
  readonly missingPackages: readonly string[]
  readonly probe: ProbeResult
}

/** Inspects the set-up in the working directory. `options` are the options of node that start its telemetry. */
export async function gather(options: readonly string[]): Promise<Evidence> {
  const given = [process.env['NODE_OPTIONS'] ?? '', ...options].join(' ')
  const isStartGiven = PRELOAD.test(given)
  const startedBy = isStartGiven ? given.trim() : DEFAULT_START.join(' ')
  const isOurs = startedBy.includes(OUR_REGISTER)

  const sdk = findPackage('@opentelemetry/sdk-node')
  const api = sdk ? findBehind(sdk, '@opentelemetry/api') : findPackage('@opentelemetry/api')
  const auto = sdk && findBeside(sdk, '@opentelemetry/auto-instrumentations-node')
  const apiVersion = api && versionOf(api)
  return {
    env: process.env,
    startedBy,
    isStartGiven,
    isStartedTwice: isOurs && STOCK_REGISTER.test(startedBy),
    sdkVersion: sdk && versionOf(sdk),
    apiVersion,
    missingPackages: [
      ...(sdk ? [] : ['@opentelemetry/api', '@opentelemetry/sdk-node']),
      ...(auto || !isOurs ? [] : ['@opentelemetry/auto-instrumentations-node']),
    ],
    probe: await runProbe([...options, ...(isStartGiven ? [] : DEFAULT_START)], apiVersion),
  }
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
