// SPDX-License-Identifier: Apache-2.0
import type {
  BatchOutcome,
  Deadline,
  ExportResult,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  SpanResource,
} from '@spanring/core'
import { numbersOf } from './span.js'

interface Sent {
  readonly numbers: number[]
  readonly at: number
  /** Answers that every span was taken. */
  readonly answer: () => void
}

/** An incremental exporter in the hands of the test: it answers when it is told to. */
export class ManualExporter implements IncrementalSpanExporter {
  readonly maxConcurrentBatches: number = 4
  readonly sent: Sent[] = []
  onRoom: () => void = () => {}
  /** What `add` says instead of `'added'`. */
  onAdd: ((span: ReadableSpan) => ReturnType<SpanBatch['add']>) | undefined
  onSend: ((deadline: Deadline) => void) | undefined
  /** Whether there is room for a batch. */
  hasRoom: () => boolean = () => true
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  openBatch(onRoom: () => void): SpanBatch | undefined {
    this.onRoom = onRoom
    if (!this.hasRoom()) return undefined
    const spans: ReadableSpan[] = []
    return {
      spanCount: 0,
      byteLength: 0,
      add: (span) => {
        const verdict = this.onAdd?.(span) ?? 'added'
        if (verdict === 'added') spans.push(span)
        return verdict
      },
      send: (deadline) =>
        new Promise<BatchOutcome>((resolve) => {
          const answer = (): void => resolve({ exported: spans.length, failed: {} })
          this.sent.push({ numbers: numbersOf(spans), at: this.#now(), answer })
          this.onSend?.(deadline)
        }),
    }
  }

  export(_spans: ReadableSpan[], _callback: (result: ExportResult) => void): void {
    throw new Error('not given arrays unless export is replaced')
  }

  shutdown(): Promise<void> {
    return Promise.resolve()
  }
}

/** A resource that is known when the test says so. */
export function pendingResource() {
  let resolve = (): void => {}
  const detected = new Promise<void>((done) => (resolve = done))
  const resource: SpanResource & { asyncAttributesPending: boolean } = {
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => detected,
  }
  const know = (): void => {
    resource.asyncAttributesPending = false
    resolve()
  }
  return { resource, know }
}
