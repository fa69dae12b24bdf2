// SPDX-License-Identifier: Apache-2.0
import { platformGlobal, systemClock } from '@spanring/core'
import type { Clock } from '@spanring/core'

/** The clock of the pipeline, and the time of day because a backend may send a date in `Retry-After`. */
export interface TransportClock extends Clock {
  /** The time of day, in milliseconds since 1970. */
  wallTime(): number
}

const date = (platformGlobal('Date') ?? Date) as DateConstructor

export const transportClock: TransportClock = { ...systemClock, wallTime: date.now.bind(date) }
