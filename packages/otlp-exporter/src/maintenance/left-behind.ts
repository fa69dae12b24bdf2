// SPDX-License-Identifier: Apache-2.0
import { checkSpoolDirectory, inspectSpool } from '../spool/spool.js'
import type { SpoolOwner } from '../spool/spool.js'

/** How soon it looks again where nothing has changed, in milliseconds. */
export const LOOK_MILLIS = 1000

/**
 * Owners of which something can be taken over, now or later, or of which we have taken something. `self` is the id of our own.
 * Rejects if the directory may not be used: whoever can write to it could have put anything there.
 */
export async function ownersLeft(directory: string, self: string | undefined): Promise<SpoolOwner[]> {
  await checkSpoolDirectory(directory)
  const owners = await inspectSpool(directory)
  const isSelf = (id: string): boolean => self !== undefined && (id === self || id.startsWith(`${self}_`))
  return owners.filter(
    ({ id, state, obstacle, spans }) => state !== 'running' && obstacle === undefined && (spans > 0 || !isSelf(id)),
  )
}

export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, millis)
  })
}
