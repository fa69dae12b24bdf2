// SPDX-License-Identifier: Apache-2.0
import { logToStderr, withoutLogLevel } from './diag-logger.js'
import { flag } from '../environment.js'
import { endWithProcess } from '../process-end/process-end.js'
import { instrumentEsModules } from './es-modules.js'
import { isHelper } from './helper.js'
import { findBehind, findBeside, findPackage } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { RenewableProcessor } from '../process-end/renewable-processor.js'
import { messageOf, say } from '../stderr.js'
import { sharedState } from '../pipeline/thread-processors.js'
import { createSpanProcessors } from '../pipeline/create-span-processor.js'
import { otherStart } from './preconditions.js'

const SDK = '@opentelemetry/sdk-node'
const INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node'
const API = '@opentelemetry/api'

/** The part of `NodeSDK` that is used; the same in 0.2xx and 0.3xx. */
interface NodeSdk {
  start(): void
  shutdown(): Promise<void>
}

interface SdkPackage {
  readonly NodeSDK: new (options: Record<string, unknown>) => NodeSdk
}

interface InstrumentationsPackage {
  readonly getNodeAutoInstrumentations: () => unknown[]
  readonly getResourceDetectors?: () => unknown[]
}

/**
 * Starts the `NodeSDK` that the application has installed, once in a thread. Never throws: an application without
 * telemetry is better than none, and what is missing is said on stderr.
 */
export function register(): void {
  const state = sharedState()
  if (state.hasRegistered || isHelper() || flag('OTEL_SDK_DISABLED')) return
  state.hasRegistered = true
  try {
    startInstalled()
  } catch (error) {
    say('ERROR', `there is no telemetry, because ${SDK} could not be started: ${messageOf(error)}`)
  }
}

function startInstalled(): void {
  const other = otherStart()
  if (other !== undefined) {
    say('WARN', `${other} starts telemetry as well; only one can, so nothing is started here. Remove one of the two`)
    return
  }
  const sdk = findPackage(SDK)
  const instrumentations = sdk ? findBeside(sdk, INSTRUMENTATIONS) : findPackage(INSTRUMENTATIONS)
  const missing = [SDK, INSTRUMENTATIONS].filter((_, index) => [sdk, instrumentations][index] === undefined)
  if (missing.length > 0) {
    const effect = sdk ? 'only spans that the application itself makes are recorded' : 'there is no telemetry'
    say('ERROR', `${effect}, because packages are not installed beside the application: npm install ${missing.join(' ')}`)
  }
  if (sdk !== undefined) start(sdk, instrumentations)
}

function start(sdk: InstalledPackage, instrumentations: InstalledPackage | undefined): void {
  logToStderr(findBehind(sdk, API))
  const { NodeSDK } = sdk.load() as unknown as SdkPackage
  const auto = instrumentations?.load() as InstrumentationsPackage | undefined
  const first = createSpanProcessors()
  const spans = new RenewableProcessor(first, createSpanProcessors)
  const options = {
    instrumentations: auto?.getNodeAutoInstrumentations(),
    resourceDetectors: auto?.getResourceDetectors?.(),
    // With none NodeSDK makes no tracer provider.
    spanProcessors: first.length > 0 ? [spans] : [],
  }
  const nodeSdk = withoutLogLevel(() => new NodeSDK(options))
  nodeSdk.start()
  endWithProcess(nodeSdk, spans)
  if (instrumentations) instrumentEsModules(instrumentations)
}
