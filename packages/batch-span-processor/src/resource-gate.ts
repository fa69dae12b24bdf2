// SPDX-License-Identifier: Apache-2.0
import { bounded } from './bounded.js'
import type { Clock } from './clock.js'
import type { SpanResource } from './readable-span.js'

/**
 * How long spans wait for the asynchronous attributes of their resource, in milliseconds. Detectors that ask a cloud's
 * metadata service give up after 1 to 5 s themselves; a longer wait would fill the queue at start-up.
 */
export const RESOURCE_WAIT_MILLIS = 5000

/**
 * Holds spans back while their resource is still being detected: once per resource and not once per batch, for a
 * bounded time, and whatever the detection does (reject, throw, stay silent), the spans go on with what is known then.
 */
export class ResourceGate {
  readonly #clock: Clock
  readonly #onOpen: () => void
  readonly #limitMillis: number
  readonly #ready = new WeakSet<SpanResource>()
  readonly #waits = new Map<SpanResource, Promise<unknown>>()
  /** No wait goes on beyond this. */
  #latest = Infinity
  /** Nearly every span has the resource of the span before it. */
  #last: SpanResource | undefined

  constructor(clock: Clock, exportTimeoutMillis: number, onOpen: () => void) {
    this.#clock = clock
    this.#limitMillis = Math.min(RESOURCE_WAIT_MILLIS, exportTimeoutMillis)
    this.#onOpen = onOpen
  }

  /** Whether spans of this resource may go on; otherwise calls `onOpen` once they may. */
  isOpenFor(resource: SpanResource | undefined): boolean {
    if (resource === undefined || resource === null || resource === this.#last) return true
    if (!this.#ready.has(resource) && isPending(resource)) {
      if (!this.#waits.has(resource)) void this.#wait(resource)
      return false
    }
    this.#last = resource
    return true
  }

  /** Opens at the time given, on the clock's scale, for everything that waits now or is asked about later. */
  async openBy(at: number): Promise<void> {
    this.#latest = at
    const waits = [...this.#waits.values()]
    if (waits.length === 0) return
    await bounded(this.#clock, { at }, () => Promise.all(waits))
    for (const resource of this.#waits.keys()) this.#open(resource)
  }

  async #wait(resource: SpanResource): Promise<void> {
    const at = Math.min(this.#clock.now() + this.#limitMillis, this.#latest)
    const wait = bounded(this.#clock, { at }, () => resource.waitForAsyncAttributes?.())
    this.#waits.set(resource, wait)
    await wait
    this.#open(resource)
  }

  #open(resource: SpanResource): void {
    this.#ready.add(resource)
    if (this.#waits.delete(resource)) this.#onOpen()
  }
}

function isPending(resource: SpanResource): boolean {
  try {
    return resource.asyncAttributesPending === true && typeof resource.waitForAsyncAttributes === 'function'
  } catch {
    return false
  }
}
