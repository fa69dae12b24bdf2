// SPDX-License-Identifier: Apache-2.0
import type { FlushOptions, ProcessorStats, ReadableSpan, ShutdownOptions } from '@spanring/batch-span-processor'
import { CompositeProcessor } from '../pipeline/composite-processor.js'
import type { SpanProcessor } from '../pipeline/composite-processor.js'
import { countsToKeep, sumStats } from '../pipeline/sum-stats.js'

/**
 * A processor that can let go of everything that it waits for without ending tracing. Queued spans and spans in flight are
 * given up and counted, the connections are closed, and the next span that ends goes through a new pipeline.
 */
export class RenewableProcessor implements SpanProcessor {
  readonly #create: () => readonly SpanProcessor[]
  /** Undefined from `letGo` until the next span ends. */
  #current: CompositeProcessor | undefined
  /** Processors that were let go and whose shutdown has not ended. When it has, their counts move to `#past`. */
  readonly #former = new Set<CompositeProcessor>()
  #past = sumStats([])
  #hasLetGo = false
  #shutdownPromise: Promise<void> | undefined
  /** Called after each span. */
  afterEnd: (() => void) | undefined

  constructor(first: readonly SpanProcessor[], create: () => readonly SpanProcessor[]) {
    this.#current = new CompositeProcessor(first)
    this.#create = create
  }

  /** Whether spans have ended since `letGo`. */
  get isRenewed(): boolean {
    return this.#hasLetGo && this.#current !== undefined
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#currentOrNew().onEnd(span)
    this.afterEnd?.()
  }

  forceFlush(options?: FlushOptions): Promise<void> {
    return this.#current?.forceFlush(options) ?? Promise.resolve()
  }

  /** Never rejects: otherwise `NodeSDK` would not wait for metrics and logs. */
  shutdown(options?: ShutdownOptions): Promise<void> {
    this.#shutdownPromise ??= this.#currentOrNew()
      .shutdown(options)
      .catch(() => {})
    return this.#shutdownPromise
  }

  /** Gives up everything that is not delivered within `timeoutMillis`. Never rejects. */
  async letGo(timeoutMillis: number): Promise<void> {
    const former = this.#current
    if (former === undefined || this.#shutdownPromise !== undefined) return
    this.#current = undefined
    this.#former.add(former)
    this.#hasLetGo = true
    await former.shutdown({ timeoutMillis }).catch(() => {})
    this.#past = sumStats([this.#past, countsToKeep(former.stats())])
    this.#former.delete(former)
  }

  stats(): ProcessorStats {
    return sumStats([this.#past, ...[...this.#former, this.#current].flatMap((processor) => processor?.stats() ?? [])])
  }

  #currentOrNew(): CompositeProcessor {
    this.#current ??= new CompositeProcessor(this.#create())
    return this.#current
  }
}
