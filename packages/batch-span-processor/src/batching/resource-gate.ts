// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock, ReadableSpan, SpanResource } from '@spanring/core'
import { LEAST_WAIT_MILLIS, RESOURCE_WAIT_MILLIS } from '../limits.js'
import type { StagedBatch } from '../export/staged-batch.js'

/**
 * Holds batches back while one of their resources is still being detected. It waits once per resource, not once per batch,
 * and for a bounded time. Even if the detection rejects, throws or never settles, the spans then leave with the attributes
 * that are known.
 *
 * Only sending waits. Spans are still added to batches: an exporter reads the resource when it builds the request, and a
 * queue that is not drained would be full after the first burst of a process.
 */
export class ResourceGate {
  readonly #clock: Clock
  readonly #onOpen: () => void
  readonly #limitMillis: number
  /** False while the resource is awaited, then true. */
  readonly #isReady = new WeakMap<SpanResource, boolean>()
  #isOpen = false
  /** Each function ends one wait. */
  readonly #ends = new Set<() => void>()
  /** The last known resource: nearly every span has the same resource as the span before it. */
  #last: SpanResource | undefined

  constructor(clock: Clock, exportTimeoutMillis: number, onOpen: () => void) {
    this.#clock = clock
    this.#limitMillis = Math.min(RESOURCE_WAIT_MILLIS, exportTimeoutMillis)
    this.#onOpen = onOpen
  }

  /**
   * The resource of a span if it is still being detected, else undefined. The first call for a resource starts the wait, and
   * `onOpen` is called when the wait ends. `since` is the earliest time at which the span may have ended.
   */
  pendingOf(span: Pick<ReadableSpan, 'resource'>, since: number): SpanResource | undefined {
    try {
      const { resource } = span
      if (resource === this.#last) return undefined
      if (this.#isOpen || (this.#isReady.get(resource) ?? resource?.asyncAttributesPending !== true)) {
        this.#last = resource
        return undefined
      }
      if (!this.#isReady.has(resource)) void this.#wait(resource, since)
      return resource
    } catch {
      // A span or a resource of an unknown SDK may have a getter that throws.
      return undefined
    }
  }

  /** Whether every resource in the batch is known, so that the batch may be sent. */
  isOpenFor({ pending }: Pick<StagedBatch, 'pending'>): boolean {
    if (pending === undefined || this.#isOpen) return true
    for (const resource of pending) if (this.#isReady.get(resource) === false) return false
    return true
  }

  /** Stops holding batches back, for good. */
  open(): void {
    this.#isOpen = true
    for (const end of this.#ends) end()
  }

  async #wait(resource: SpanResource, since: number): Promise<void> {
    this.#isReady.set(resource, false)
    const at = Math.max(since + this.#limitMillis, this.#clock.now() + Math.min(LEAST_WAIT_MILLIS, this.#limitMillis))
    await bounded(this.#clock, { at, ends: this.#ends }, () => resource.waitForAsyncAttributes?.())
    this.#isReady.set(resource, true)
    this.#onOpen()
  }
}
