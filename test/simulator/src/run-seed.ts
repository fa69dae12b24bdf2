// SPDX-License-Identifier: Apache-2.0
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { SeededRandom } from '@spanring/test-kit/random'
import { Run } from './run.js'
import { Trace } from './world/trace.js'

/** What a run of one seed came to. */
export interface RunResult {
  readonly seed: number
  /** The rule that was broken; undefined if none was. */
  readonly violation: string | undefined
  /** Of all events: the same seed always gives the same. */
  readonly hash: string
  readonly events: number
  readonly ended: number
  readonly accepted: number
  /** How much time was simulated, in milliseconds. */
  readonly simulatedMillis: number
}

/**
 * Lets every promise that can settle do so. Node.js calls this between two callbacks of its own event loop; a real turn of that
 * loop would take three times as long.
 */
function drainMicrotasks(): void {
  // oxlint-disable-next-line no-underscore-dangle -- Node.js names it so
  ;(process as unknown as { _tickCallback(): void })._tickCallback()
}

/** The run that is under way. */
let current: Run | undefined

const warn = (text: string): void => current?.onWarning(text)
const silent = (): void => {}
const logger = { error: warn, warn, info: silent, debug: silent, verbose: silent }
diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })

const onUncaught = (error: unknown): void => current?.onUncaught(error)
process.on('uncaughtException', onUncaught)
process.on('unhandledRejection', onUncaught)

/** Runs one seed. Has to be called from a callback of the event loop, and not from a promise, whose job would never end. */
export function runSeed(seed: number, write?: (line: string) => void): RunResult {
  const trace = new Trace(write)
  const run = (current = new Run(new SeededRandom(seed), trace, drainMicrotasks))
  let violation: string | undefined
  try {
    violation = run.live()
  } catch (error) {
    violation = `uncaught: ${String((error as Error).stack ?? error)}`
  }
  run.end()
  current = undefined
  if (violation !== undefined) trace.note(run.now, 'VIOLATED', violation)
  return {
    seed,
    violation,
    hash: trace.hash,
    events: trace.count,
    ended: run.endedCount,
    accepted: run.acceptedCount,
    simulatedMillis: run.now,
  }
}
