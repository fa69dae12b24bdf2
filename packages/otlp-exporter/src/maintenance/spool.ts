// SPDX-License-Identifier: Apache-2.0
// For programs that look after the directory of a spool from outside, as `spanring spool` does: list, replay and empty it.
import { transportClock } from '../transport/clock.js'
import { Spool } from '../spool/spool.js'
import { LOOK_MILLIS, ownersLeft, sleep } from './left-behind.js'

export { inspectSpool } from '../spool/spool.js'
export type { SpoolOwner } from '../spool/spool.js'
export { replaySpool } from './replay-spool.js'
export type { ReplayOptions, ReplayProgress } from './replay-spool.js'

export interface EmptyOptions {
  readonly directory: string
  /** How long to wait until it is known whether an owner is alive that cannot be asked for, in milliseconds. */
  readonly waitMillis: number
  readonly onWarning: (text: string) => void
}

export interface EmptiedSpool {
  readonly owners: number
  /** Spans that were deleted. */
  readonly spans: number
}

/**
 * Deletes what dead owners have left. What belongs to a living one, or to one that may be alive, stays. Rejects with the reason if
 * the directory may not be used.
 */
export async function emptySpool({ directory, waitMillis, onWarning }: EmptyOptions): Promise<EmptiedSpool> {
  await ownersLeft(directory, undefined)
  const clock = transportClock
  let [owners, spans] = [0, 0]
  const spool = new Spool(
    { directory, maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMillis: Infinity },
    {
      clock,
      wallTime: () => clock.wallTime(),
      random: Math.random,
      hooks: { onLost: (_reason, entry) => void (spans += entry.spanCount), onWarning },
    },
  )
  const end = clock.now() + waitMillis
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one look after the other
    const { owners: found } = await spool.inherit()
    owners += found
    for (let entry = spool.takeOldest(); entry !== undefined; entry = spool.takeOldest()) {
      spans += entry.spanCount
      // oxlint-disable-next-line no-await-in-loop -- as above
      await spool.settle(entry)
    }
    // oxlint-disable-next-line no-await-in-loop -- as above
    if (clock.now() >= end || (await ownersLeft(directory, spool.ownerId)).length === 0) break
    // oxlint-disable-next-line no-await-in-loop -- as above
    await sleep(LOOK_MILLIS)
  }
  await spool.close()
  return { owners, spans }
}
