// SPDX-License-Identifier: Apache-2.0
import { soon, startTimer, stopTimer } from '../clock.js'

/** For a listener of `beforeExit`: waits for the listeners behind it. True if one of them has given the process more to do. */
export async function otherListenersKeepAlive(): Promise<boolean> {
  const before = process.getActiveResourcesInfo().length
  await Promise.resolve()
  const isKeptAlive = process.getActiveResourcesInfo().length > before
  // By then what they have put off to this turn of the event loop has run, too.
  await new Promise((resolve) => soon(resolve))
  return isKeptAlive
}

/** True if all steps fulfil before the time is over. Keeps the process alive meanwhile. */
export async function allFulfilWithin(millis: number, steps: () => Promise<unknown>[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => (timer = startTimer(resolve, millis, false)))
  const all = Promise.allSettled(steps()).then((results) => results.every(({ status }) => status === 'fulfilled'))
  const isDone = await Promise.race([all, timeout])
  stopTimer(timer)
  return isDone
}
