// SPDX-License-Identifier: Apache-2.0
import type { AppRun } from '../application/play-application.js'
import type { LargestRate } from '../end-to-end/largest-rate.js'
import type { Run } from '../end-to-end/play.js'
import type { Scenario } from '../end-to-end/scenario.js'
import type { Environment } from '../environment.js'

/** One result file: everything that was measured, and on what. */
export interface Results {
  readonly environment: Environment
  readonly scenarios: readonly Scenario[]
  readonly runs: readonly Run[]
  readonly largestRates: readonly LargestRate[]
  /** Of whole applications, which another command measures; older files have none. */
  readonly application?: ApplicationResults
}

export interface ApplicationResults {
  readonly environment: Environment
  readonly runs: readonly AppRun[]
}
