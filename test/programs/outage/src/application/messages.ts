// SPDX-License-Identifier: Apache-2.0
import type { SdkLine } from '@spanring/sdk-lines'
import type { ContenderName } from '../arguments.js'

/** What the application is started with. */
export interface Order {
  readonly contender: ContenderName
  readonly sdk: SdkLine
  readonly url: string
  readonly spoolDirectory: string | undefined
  /** Spans a second. */
  readonly rate: number
  /** The number of its first span; those of earlier processes are lower. */
  readonly firstIndex: number
}

/** What the contender says about its spans. */
export interface Account {
  /** Failed or dropped, and counted as such. */
  readonly lost: number
  /** Left in the spool for the next process. */
  readonly kept: number
  /** All of its counts, for who wants to know more. */
  readonly stats: unknown
}

export interface Progress {
  readonly kind: 'progress'
  /** The number after that of the last span that had ended by `at`, the time of day in milliseconds. */
  readonly nextIndex: number
  readonly at: number
  readonly rssBytes: number
  readonly bufferedBytes: number
}

/** After flush and shutdown. The stock processor gives no account. */
export interface Done {
  readonly kind: 'done'
  readonly account: Account | undefined
}

export type Report = Progress | Done
