// SPDX-License-Identifier: Apache-2.0
import { type BufferPool, FRONT_BYTES } from '../encode/buffer-pool.js'
import { EncodedBatch, type EncodedBatchParts } from '../encode/encoded-batch.js'
import type { GroupPrefixes, SpanFormat } from '../encode/span-format.js'
import { FIRST_WORD, type Slab } from '../shared-memory/slab.js'

/*
 * A batch in a slab. The slab holds everything that the export thread needs, so it is handed over as one number.
 *
 * ```
 *   0        128                     4096
 *   ┌ header ┬ · · · ┌ frame of the ┬ span 0 ┬ span 1 ┬ · · · ┬ tail ┬ index ┬ · · ·
 *   │        │       │ request      │        │        │       │      │
 *   └ words  └ room  └ written by the thread, so that it ends where the spans begin
 *
 *   index    ┌ ends[n] ┬ groupOf[n] if there are several groups ┬ lengths of the resources' prefixes
 *            ┬ for each group: number of its resource, length of its scope's prefix ┬ the prefixes, as bytes
 * ```
 *
 * The header goes both ways: first it says what is in the slab, later what became of it.
 */
const WORDS = {
  batch: FIRST_WORD,
  spanCount: FIRST_WORD + 1,
  /** Where the index begins, in bytes from the first span. */
  indexAt: FIRST_WORD + 2,
  resourceCount: FIRST_WORD + 3,
  groupCount: FIRST_WORD + 4,
  flags: FIRST_WORD + 5,
  exported: FIRST_WORD + 6,
  attempts: FIRST_WORD + 7,
  status: FIRST_WORD + 8,
  stored: FIRST_WORD + 14,
  storedBytes: FIRST_WORD + 15,
  group: FIRST_WORD + 16,
} as const
/** Indexes of 8-byte floats behind the words. */
const REMAINING_MILLIS = (FIRST_WORD + 10) / 2
const HANDED_AT = REMAINING_MILLIS + 1
const SENDING_MILLIS = (FIRST_WORD + 18) / 2

/** The batch has headers of its own, which were posted before it. */
const OWN_HEADERS = 1
/** It makes its last attempt. */
const CLOSING = 2
/** Its sender can be told later what has become of stored spans. */
const MAY_STORE = 16
/** Why spans failed was posted before the slab was given back. */
const HAS_FAILURE = 4
/** A socket may still be reading the slab. */
const IN_USE = 8

/** What the application says about a batch that it hands over. */
export interface HandedBatch {
  /** Identifies the batch in messages. The slab's number would not do: another batch may be in it by then. */
  readonly id: number
  /** How much time is left when it is handed over, in milliseconds; Infinity without a limit. */
  readonly remainingMillis: number
  readonly isClosing: boolean
  readonly hasOwnHeaders: boolean
  readonly mayStore: boolean
  /** Names the pipeline that it belongs to; see `stored-batches.ts`. */
  readonly group: number
}

/** What the thread says about the batch in a slab that it gives back. */
export interface HandedBack {
  readonly exported: number
  /** Spans that wait in the thread until the backend is back, and how much memory they hold there, in bytes. */
  readonly stored: number
  readonly storedBytes: number
  readonly attemptCount: number
  /** From its first request to its outcome, in milliseconds, without the wait for a connection; 0 if there was no request. */
  readonly sendingMillis: number
  /** The status of the last answer, if there was one. */
  readonly statusCode: number | undefined
  readonly hasFailure: boolean
  readonly isFree: boolean
}

/** How many bytes {@link writeBatch} needs behind the spans. */
export function indexBytes(spanCount: number, groups: readonly GroupPrefixes[]): number {
  const resources = resourcesOf(groups)
  // The index is aligned, and the spans may end anywhere.
  let bytes = 4 * indexWords(spanCount, resources.length, groups.length) + 3
  for (const resource of resources) bytes += resource.length
  for (const { scope } of groups) bytes += scope.length
  return bytes
}

/** Completes a slab that holds the spans of a batch. `handedAt` is the present time, by the clock that the threads share. */
export function writeBatch(
  slab: Slab,
  { format, groups, groupOf, ends }: EncodedBatchParts,
  handed: HandedBatch,
  handedAt: number,
): void {
  const spanCount = ends.length
  const indexAt = aligned(ends[spanCount - 1]! + format.tailBytes)
  const resources = resourcesOf(groups)
  const { words } = slab
  words[WORDS.batch] = handed.id
  words[WORDS.spanCount] = spanCount
  words[WORDS.indexAt] = indexAt
  words[WORDS.resourceCount] = resources.length
  words[WORDS.groupCount] = groups.length
  words[WORDS.group] = handed.group
  words[WORDS.flags] =
    (handed.hasOwnHeaders ? OWN_HEADERS : 0) | (handed.isClosing ? CLOSING : 0) | (handed.mayStore ? MAY_STORE : 0)
  slab.floats[REMAINING_MILLIS] = handed.remainingMillis
  slab.floats[HANDED_AT] = handedAt

  const index = wordsAt(slab.memory, indexAt, indexWords(spanCount, resources.length, groups.length))
  let at = 0
  for (let i = 0; i < spanCount; i++) index[at++] = ends[i]!
  if (groups.length > 1) for (let i = 0; i < spanCount; i++) index[at++] = groupOf[i]!
  for (const resource of resources) index[at++] = resource.length
  for (const { resource, scope } of groups) {
    index[at++] = resources.indexOf(resource)
    index[at++] = scope.length
  }
  const bytes = new Uint8Array(slab.memory, FRONT_BYTES + indexAt + index.byteLength)
  let byte = 0
  for (const prefix of [...resources, ...groups.map(({ scope }) => scope)]) {
    bytes.set(prefix, byte)
    byte += prefix.length
  }
}

/** Reads what the application has said about the batch in a slab. */
export function readHanded({ words, floats }: Slab): HandedBatch {
  const flags = words[WORDS.flags]!
  return {
    id: words[WORDS.batch]!,
    remainingMillis: floats[REMAINING_MILLIS]!,
    isClosing: (flags & CLOSING) !== 0,
    hasOwnHeaders: (flags & OWN_HEADERS) !== 0,
    mayStore: (flags & MAY_STORE) !== 0,
    group: words[WORDS.group]!,
  }
}

/** When the batch was handed over, by the clock of the process. */
export function readHandedAt({ floats }: Slab): number {
  return floats[HANDED_AT]!
}

/** The batch in a slab. Nothing is copied; `giveBack` is called when it is released. */
export function readBatch(
  { words, memory }: Slab,
  format: SpanFormat,
  pool: BufferPool,
  giveBack: (isFree: boolean) => void,
): EncodedBatch {
  const spanCount = words[WORDS.spanCount]!
  const indexAt = words[WORDS.indexAt]!
  const groupCount = words[WORDS.groupCount]!
  const resourceCount = words[WORDS.resourceCount]!
  const index = wordsAt(memory, indexAt, indexWords(spanCount, resourceCount, groupCount))
  const ends = index.subarray(0, spanCount)
  const groupOf = groupCount > 1 ? index.subarray(spanCount, 2 * spanCount) : new Int32Array(spanCount)
  let at = groupCount > 1 ? 2 * spanCount : spanCount
  let byte = FRONT_BYTES + indexAt + index.byteLength
  const take = (length: number): Uint8Array => {
    const prefix = new Uint8Array(memory, byte, length)
    byte += length
    return prefix
  }
  const resources: Uint8Array[] = []
  for (let i = 0; i < resourceCount; i++) resources.push(take(index[at++]!))
  const groups: GroupPrefixes[] = []
  for (let i = 0; i < groupCount; i++) {
    const resource = resources[index[at++]!]!
    groups.push({ resource, scope: take(index[at++]!) })
  }
  const buffer = Buffer.from(memory, FRONT_BYTES)
  return new EncodedBatch({ format, pool, buffer, usableBytes: indexAt, groups, groupOf, ends, giveBack })
}

/** Replaces what the application has said by what became of the batch. */
export function writeHandedBack({ words, floats }: Slab, back: HandedBack): void {
  words[WORDS.exported] = back.exported
  words[WORDS.stored] = back.stored
  words[WORDS.storedBytes] = back.storedBytes
  words[WORDS.attempts] = back.attemptCount
  words[WORDS.status] = back.statusCode ?? 0
  floats[SENDING_MILLIS] = back.sendingMillis
  words[WORDS.flags] = (back.hasFailure ? HAS_FAILURE : 0) | (back.isFree ? 0 : IN_USE)
}

export function readHandedBack({ words, floats }: Slab): HandedBack {
  const flags = words[WORDS.flags]!
  return {
    exported: words[WORDS.exported]!,
    stored: words[WORDS.stored]!,
    storedBytes: words[WORDS.storedBytes]!,
    attemptCount: words[WORDS.attempts]!,
    sendingMillis: floats[SENDING_MILLIS]!,
    statusCode: words[WORDS.status] === 0 ? undefined : words[WORDS.status]!,
    hasFailure: (flags & HAS_FAILURE) !== 0,
    isFree: (flags & IN_USE) === 0,
  }
}

/** Each resource once. All groups of a resource have the same object. */
function resourcesOf(groups: readonly GroupPrefixes[]): Uint8Array[] {
  return [...new Set(groups.map(({ resource }) => resource))]
}

function indexWords(spanCount: number, resourceCount: number, groupCount: number): number {
  return spanCount * (groupCount > 1 ? 2 : 1) + resourceCount + 2 * groupCount
}

/** The length is needed: without one, memory whose size is not a multiple of four would throw, and buffers have any size. */
function wordsAt(memory: SharedArrayBuffer, at: number, length: number): Int32Array {
  return new Int32Array(memory, FRONT_BYTES + at, length)
}

function aligned(bytes: number): number {
  return (bytes + 3) & ~3
}
