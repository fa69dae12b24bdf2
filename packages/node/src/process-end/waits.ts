// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core/bounded'
import { systemClock } from '@spanring/core/clock'

/** Lets a `beforeExit` listener wait for the listeners behind it. True if one of them gave the process more to do. */
export async function otherListenersKeepAlive(): Promise<boolean> {
  const before = process.getActiveResourcesInfo().length
  await Promise.resolve()
  const isKeptAlive = process.getActiveResourcesInfo().length > before
  // After this, whatever they deferred to this iteration of the event loop has run, too.
  await new Promise<void>((resolve) => systemClock.soon(resolve))
  return isKeptAlive
}

/** Resolves to true if all steps fulfil within the time. Keeps the process alive meanwhile. */
export async function allFulfilWithin(millis: number, steps: () => Promise<unknown>[]): Promise<boolean> {
  const bound = { at: systemClock.now() + millis, keepAlive: true }
  const settled = await bounded(systemClock, bound, () => Promise.allSettled(steps()))
  return settled.status === 'done' && settled.value.every(({ status }) => status === 'fulfilled')
}
