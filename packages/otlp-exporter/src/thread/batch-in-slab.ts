// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { EncodedBatch } from '../encode/encoded-batch.js'
import { BETWEEN_PARTS, BETWEEN_REQUESTS, IN_REQUEST } from '../shared-memory/slab.js'
import type { Slab } from '../shared-memory/slab.js'
import type { SettledStored } from '../span-batch.js'
import type { SendableBatch } from '../transport/request/pending-request.js'
import type { FinishedExport } from '../transport/transport-hooks.js'
import type { HeaderTexts } from '../transport/transport-settings.js'

/** The batch in a slab, for the transport. Keeps the owner of the slab up to date. */
export class BatchInSlab implements SendableBatch {
  readonly spanCount: number
  readonly byteLength: number
  readonly headers: HeaderTexts | undefined
  readonly abort: AbortController = new AbortController()
  readonly closing: AbortController = new AbortController()
  finished: FinishedExport | undefined
  readonly storedReports: { isEarly: boolean; early: SettledStored[] } = { isEarly: true, early: [] }
  /** From its first request to its outcome; 0 if there was no request. */
  sendingMillis = 0
  /** When it could first be sent, on a connection of its own. */
  #startedAt: number | undefined
  readonly #clock: Clock
  readonly #slab: Slab
  readonly #encoded: EncodedBatch
  /** Whether some of its spans may have been accepted, because it is sent in several requests. */
  #isDivided = false

  constructor(slab: Slab, encoded: EncodedBatch, headers: HeaderTexts | undefined, clock: Clock) {
    this.#clock = clock
    this.spanCount = encoded.spanCount
    this.byteLength = encoded.byteLength
    this.headers = headers
    this.#slab = slab
    this.#encoded = encoded
  }

  /** From now on, reports about its stored spans are passed on at once. Returns those that came before. */
  beginStored(): SettledStored[] {
    this.storedReports.isEarly = false
    return this.storedReports.early.splice(0)
  }

  assemble(from: number, to: number): ReturnType<SendableBatch['assemble']> {
    this.#startedAt ??= this.#clock.now()
    if (to - from < this.spanCount) this.#isDivided = true
    return this.#encoded.assemble(from, to)
  }

  onRequest(): void {
    this.#slab.owner = IN_REQUEST
  }

  /** If this thread dies now, another one may send the batch, unless a part of it would then be sent twice. */
  onRetry(): void {
    this.#slab.owner = this.#isDivided ? BETWEEN_PARTS : BETWEEN_REQUESTS
  }

  onPart(): void {
    // Before the first request nothing can have arrived.
    if (this.#slab.owner === IN_REQUEST) this.#slab.owner = BETWEEN_PARTS
  }

  onEnd(finished: FinishedExport): void {
    this.finished = finished
    if (this.#startedAt !== undefined) this.sendingMillis = this.#clock.now() - this.#startedAt
  }
}
