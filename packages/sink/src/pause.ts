// SPDX-License-Identifier: Apache-2.0
import type { EventEmitter } from 'node:events'

/** Waits, but only until the other side is gone, so that no timer outlives a connection. */
export async function pause(millis: number, emitter: EventEmitter, goneEvent: string): Promise<void> {
  if (millis === 0) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      emitter.off(goneEvent, done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    emitter.once(goneEvent, done)
  })
}
