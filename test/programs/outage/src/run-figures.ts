// SPDX-License-Identifier: Apache-2.0
import type { Account } from './application/messages.js'
import type { ContenderName } from './arguments.js'
import type { Figures } from './backend/figures.js'
import type { SpoolContent } from './spool-content.js'

/** What a SIGKILL has cost. */
export interface Kill {
  /** How long the process had ended spans, in milliseconds. */
  readonly aliveMillis: number
  readonly missing: number
  /** Of these, those that were not younger than 200 ms. */
  readonly missingOld: number
  /** How old the oldest of them was at least, in milliseconds. */
  readonly oldestMillis: number | undefined
}

/** What came of one contender. */
export interface RunFigures extends Omit<Figures, 'missing'> {
  readonly contender: ContenderName
  readonly ended: number
  /** Not delivered, and not younger than 200 ms when their process was killed. */
  readonly missingOld: number
  readonly missingYoung: number
  /** From the backend's return until the first request was accepted, in milliseconds; undefined if none was. */
  readonly firstMillis: number | undefined
  /** Of the last process; undefined where the contender keeps none. */
  readonly account: Account | undefined
  readonly kills: readonly Kill[]
  /** Of the application, as of its last report before the outage; and the highest of all reports. */
  readonly rssBeforeBytes: number
  readonly highestRssBytes: number
  readonly highestBufferedBytes: number
  /** When everything is over; undefined without a spool. */
  readonly spoolLeft: SpoolContent | undefined
}
