// SPDX-License-Identifier: Apache-2.0
import { bounded } from './bounded.js'
import type { Clock } from './clock.js'
import { RESOURCE_WAIT_MILLIS } from './limits.js'
import type { ReadableSpan, SpanResource } from './readable-span.js'

/**
 * Holds spans back while their resource is still being detected: once per resource and not once per batch, for a
 * bounded time, and whatever the detection does (reject, throw, stay silent), the spans go on with what is known then.
 */
export class ResourceGate {
  readonly #clock: Clock
  readonly #onOpen: () => void
  readonly #limitMillis: number
  /** Of the resources that were waited for; false until the wait is over. */
  readonly #isReady = new WeakMap<SpanResource, boolean>()
  /** Ends every wait. */
  readonly #opened = new AbortController()
  /** Nearly every span has the resource of the span before it. */
  #last: SpanResource | undefined

  constructor(clock: Clock, exportTimeoutMillis: number, onOpen: () => void) {
    this.#clock = clock
    this.#limitMillis = Math.min(RESOURCE_WAIT_MILLIS, exportTimeoutMillis)
    this.#onOpen = onOpen
  }

  /** Whether a span may go on; otherwise calls `onOpen` once spans of its resource may. */
  isOpenFor(span: Pick<ReadableSpan, 'resource'>): boolean {
    try {
      const { resource } = span
      if (resource === this.#last) return true
      const isReady = this.#opened.signal.aborted || (this.#isReady.get(resource) ?? resource?.asyncAttributesPending !== true)
      if (isReady) this.#last = resource
      else if (!this.#isReady.has(resource)) void this.#wait(resource)
      return isReady
    } catch {
      // A span or a resource of an unknown SDK may have a getter that throws.
      return true
    }
  }

  /** Opens for everything that waits now or is asked about later. */
  open(): void {
    this.#opened.abort()
  }

  async #wait(resource: SpanResource): Promise<void> {
    this.#isReady.set(resource, false)
    const bound = { at: this.#clock.now() + this.#limitMillis, signal: this.#opened.signal }
    await bounded(this.#clock, bound, () => resource.waitForAsyncAttributes?.())
    this.#isReady.set(resource, true)
    this.#onOpen()
  }
}
