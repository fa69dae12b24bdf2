// SPDX-License-Identifier: Apache-2.0
import { context, SpanKind, type SpanContext, trace } from '@opentelemetry/api'
import type { OrderStore } from './order-store.js'

interface Entry {
  readonly orderId: number
  readonly event: string
  readonly enqueuedBy: SpanContext | undefined
}

const intervalMillis = 50
const tracer = trace.getTracer('order-audit')

/** Writes audit entries after the response went out, each in a trace of its own that links to the request. */
export class OrderAudit {
  readonly #store: OrderStore
  readonly #entries: Entry[] = []
  readonly #timer: NodeJS.Timeout
  #writing: Promise<void> | undefined

  constructor(store: OrderStore) {
    this.#store = store
    this.#timer = setInterval(() => void this.#write(), intervalMillis)
  }

  enqueue(orderId: number, event: string): void {
    this.#entries.push({ orderId, event, enqueuedBy: trace.getSpanContext(context.active()) })
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#write()
    await this.#write()
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined))
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    for (let entry = this.#entries.shift(); entry; entry = this.#entries.shift()) await this.#writeOne(entry)
  }

  #writeOne({ orderId, event, enqueuedBy }: Entry): Promise<void> {
    const links = enqueuedBy ? [{ context: enqueuedBy, attributes: { 'link.reason': 'enqueued by' } }] : []
    // A link and not a child: the request was over long before.
    const options = { root: true, kind: SpanKind.CONSUMER, links, attributes: { 'order.id': orderId, 'audit.event': event } }
    return tracer.startActiveSpan('audit order', options, async (span) => {
      try {
        await this.#store.addAudit(orderId, event)
      } catch (error) {
        span.recordException(error instanceof Error ? error : String(error))
      } finally {
        span.end()
      }
    })
  }
}
