// SPDX-License-Identifier: Apache-2.0
import { codeOf, ifThere, step } from './disk.js'
import type { Steps } from './disk.js'
import { parseOwnerName } from './lease.js'

/** No more than this in one segment, in bytes, unless a single record is larger. */
const MAX_SEGMENT_BYTES = 8 * 1024 * 1024
/** A full spool loses one segment at a time, so that is at most this part of it. */
const SEGMENTS = 8

/** The size at which a segment is full, in bytes. */
export function segmentBytes(maxBytes: number): number {
  return Math.min(MAX_SEGMENT_BYTES, Math.ceil(maxBytes / SEGMENTS))
}

/** Everything is full, and nothing in it is ours to remove. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull'
  readonly code = 'FULL'
}

/** What the files of all owners hold, in bytes. */
export function* usedBytes(root: string): Steps<number> {
  let sum = 0
  for (const name of (yield* ifThere(step('readdir', root))) ?? []) {
    const owner = parseOwnerName(name)
    if (!owner) continue
    if (owner.isLease) {
      sum += (yield* ifThere(step('lstat', `${root}/${name}`)))?.size ?? 0
      continue
    }
    for (const file of yield* namesIn(`${root}/${name}`)) {
      sum += (yield* ifThere(step('lstat', `${root}/${name}/${file}`)))?.size ?? 0
    }
  }
  return sum
}

/** None where it cannot be known, as in what another user has left: that must not keep us from writing. */
function* namesIn(path: string): Steps<readonly string[]> {
  try {
    return yield* step('readdir', path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'].includes(codeOf(error))) return []
    throw error
  }
}
