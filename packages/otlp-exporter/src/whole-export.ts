// SPDX-License-Identifier: Apache-2.0
import type { BufferedBatch } from './buffered-batch.js'
import type { ReadableSpan } from './readable-span.js'
import type { BatchOutcome, Deadline } from './span-exporter.js'

/** How long one stretch of encoding may keep the event loop, in milliseconds. */
const STRETCH_MILLIS = 0.5
/** How many spans are encoded between two looks at the clock. */
const SPANS_PER_LOOK = 8

export interface WholeExportParts {
  readonly spans: readonly ReadableSpan[]
  readonly deadline: Deadline
  /** A new batch, or undefined when no more bytes may be held. */
  readonly openBatch: () => BufferedBatch | undefined
  readonly now: () => number
  /** Resolves in a later turn of the event loop. */
  readonly nextTurn: () => Promise<void>
  /** Called when every span is encoded or refused, before the outcome is awaited, with the refused ones by reason. */
  readonly onEncoded: (refused: Readonly<Record<string, number>>) => void
}

/**
 * The export of an array, for processors that know no batches: encoded in stretches, so that a processor that exports
 * inside `span.end()` does not stall there, and sent in as many requests as their size demands.
 */
export async function exportWhole(parts: WholeExportParts): Promise<BatchOutcome> {
  const { spans, deadline, openBatch, now, nextTurn, onEncoded } = parts
  const sent: Promise<BatchOutcome>[] = []
  const refused: Record<string, number> = {}
  let batch: BufferedBatch | undefined
  let stretchEnd = now() + STRETCH_MILLIS
  for (let i = 0; i < spans.length; i++) {
    batch ??= openBatch()
    if (batch === undefined) {
      refused['buffer_full'] = spans.length - i
      break
    }
    const verdict = batch.add(spans[i] as ReadableSpan)
    if (verdict === 'rejected') refused['rejected'] = (refused['rejected'] ?? 0) + 1
    if (verdict === 'full') {
      if (batch.spanCount === 0) {
        refused['rejected'] = (refused['rejected'] ?? 0) + 1
      } else {
        sent.push(batch.send(deadline))
        batch = undefined
        i--
      }
    }
    if (i % SPANS_PER_LOOK === 0 && now() >= stretchEnd) {
      // oxlint-disable-next-line no-await-in-loop -- to give the event loop a turn is the point
      await nextTurn()
      stretchEnd = now() + STRETCH_MILLIS
    }
  }
  if (batch !== undefined && batch.spanCount > 0) sent.push(batch.send(deadline))
  else batch?.discard()
  onEncoded(refused)
  return merge(refused, await Promise.all(sent))
}

function merge(refused: Record<string, number>, outcomes: readonly BatchOutcome[]): BatchOutcome {
  const failed = { ...refused }
  let exported = 0
  let error =
    refused['buffer_full'] === undefined ? undefined : new Error('maxBufferedBytes of encoded spans are waiting already')
  if (refused['rejected'] !== undefined)
    error ??= new Error(`${refused['rejected']} spans cannot be sent: no valid ids, or too large`)
  for (const outcome of outcomes) {
    exported += outcome.exported
    error ??= outcome.error
    for (const [reason, count] of Object.entries(outcome.failed)) failed[reason] = (failed[reason] ?? 0) + count
  }
  return error === undefined ? { exported, failed } : { exported, failed, error }
}
