// SPDX-License-Identifier: Apache-2.0
import type { FlushOptions, ProcessorStats, ReadableSpan, ShutdownOptions } from '@spanring/batch-span-processor'
import { SpanProcessors } from '../pipeline/composite-processor.js'
import type { SpanProcessor } from '../pipeline/composite-processor.js'
import { pastOf, sumOf } from '../pipeline/sum-stats.js'

/**
 * A processor that can let go of everything that it waits for without being the end of tracing: what is queued and in
 * flight is given up and counted, its connections are closed, and the next span that ends goes through a new one.
 */
export class RenewableProcessor implements SpanProcessor {
  readonly #create: () => readonly SpanProcessor[]
  #current: SpanProcessors | undefined
  /** Those that it has let go of, until they have ended; their counts are in `#past` then. */
  readonly #former = new Set<SpanProcessors>()
  #past = sumOf([])
  #hasLetGo = false
  #shutdown: Promise<void> | undefined
  /** Called when a span has ended. */
  afterEnd: (() => void) | undefined

  constructor(first: readonly SpanProcessor[], create: () => readonly SpanProcessor[]) {
    this.#current = new SpanProcessors(first)
    this.#create = create
  }

  /** Whether spans have ended since it has let go. */
  get isRenewed(): boolean {
    return this.#hasLetGo && this.#current !== undefined
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#processor.onEnd(span)
    this.afterEnd?.()
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return this.#current?.forceFlush(options) ?? Promise.resolve()
  }

  /** Never rejects: `NodeSDK` would not wait for metrics and logs any more. */
  shutdown(options?: ShutdownOptions): Promise<void> {
    this.#shutdown ??= this.#processor.shutdown(options).catch(() => {})
    return this.#shutdown
  }

  /** Gives up what has not left within that many milliseconds; never rejects. */
  async letGo(timeoutMillis: number): Promise<void> {
    const former = this.#current
    if (former === undefined || this.#shutdown !== undefined) return
    this.#current = undefined
    this.#former.add(former)
    this.#hasLetGo = true
    await former.shutdown({ timeoutMillis }).catch(() => {})
    this.#past = sumOf([this.#past, pastOf(former.stats())])
    this.#former.delete(former)
  }

  stats(): ProcessorStats {
    return sumOf([this.#past, ...[...this.#former, this.#current].flatMap((processor) => processor?.stats() ?? [])])
  }

  get #processor(): SpanProcessors {
    this.#current ??= new SpanProcessors(this.#create())
    return this.#current
  }
}
