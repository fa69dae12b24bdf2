// SPDX-License-Identifier: Apache-2.0
import { MISSING_PACKAGE } from '@spanring/core/warning-codes'
import { flag } from '../environment.js'
import { findBehind, findBeside, findPackage } from '../installed-packages.js'
import type { InstalledPackage } from '../installed-packages.js'
import { createSpanProcessors } from '../pipeline/create-span-processor.js'
import { sharedState } from '../pipeline/thread-processors.js'
import { ProcessEnd } from '../process-end/process-end.js'
import { RenewableProcessor } from '../process-end/renewable-processor.js'
import { logToStderr, messageOf } from '../stderr.js'
import { setDiagLogger, withoutLogLevel } from './diag-logger.js'
import { instrumentEsModules } from './es-modules.js'
import { isApplicationThread, otherStart } from './preconditions.js'

const SDK = '@opentelemetry/sdk-node'
const INSTRUMENTATIONS = '@opentelemetry/auto-instrumentations-node'
const API = '@opentelemetry/api'

/** The part of `NodeSDK` that we use. It is the same in 0.2xx and 0.3xx. */
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
 * Starts the `NodeSDK` that the application has installed, once per thread. Never throws, because an application without
 * telemetry is better than none. Reports what is missing on stderr.
 */
export function register(): void {
  const state = sharedState()
  if (state.hasRegistered || !isApplicationThread() || flag('OTEL_SDK_DISABLED')) return
  state.hasRegistered = true
  try {
    startInstalled()
  } catch (error) {
    logToStderr('ERROR', `there is no telemetry, because ${SDK} could not be started: ${messageOf(error)}`)
  }
}

function startInstalled(): void {
  const other = otherStart()
  if (other !== undefined) {
    logToStderr('WARN', `${other} starts telemetry as well; only one can, so nothing is started here. Remove one of the two`)
    return
  }
  const sdk = findPackage(SDK)
  const instrumentations = sdk ? findBeside(sdk, INSTRUMENTATIONS) : findPackage(INSTRUMENTATIONS)
  const missing = [SDK, INSTRUMENTATIONS].filter((_, index) => [sdk, instrumentations][index] === undefined)
  if (missing.length > 0) {
    const effect = sdk ? 'only spans that the application itself makes are recorded' : 'there is no telemetry'
    logToStderr(
      'ERROR',
      `${MISSING_PACKAGE} ${effect}, because packages are not installed beside the application: npm install ${missing.join(' ')}`,
    )
  }
  if (sdk !== undefined) start(sdk, instrumentations)
}

function start(sdk: InstalledPackage, instrumentations: InstalledPackage | undefined): void {
  setDiagLogger(findBehind(sdk, API))
  const { NodeSDK } = sdk.load() as unknown as SdkPackage
  const auto = instrumentations?.load() as InstrumentationsPackage | undefined
  const first = createSpanProcessors()
  const spans = new RenewableProcessor(first, createSpanProcessors)
  const options = {
    instrumentations: auto?.getNodeAutoInstrumentations(),
    resourceDetectors: auto?.getResourceDetectors?.(),
    // With an empty list NodeSDK makes no tracer provider.
    spanProcessors: first.length > 0 ? [spans] : [],
  }
  const nodeSdk = withoutLogLevel(() => new NodeSDK(options))
  nodeSdk.start()
  new ProcessEnd(nodeSdk, spans).watch()
  if (instrumentations) instrumentEsModules(instrumentations)
}
