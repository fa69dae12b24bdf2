// SPDX-License-Identifier: Apache-2.0

/** What the processors of both SDK lines have in common; types stay with the line that the caller loaded. */
interface Processor<Span, Context, ReadableSpan> {
  onStart(span: Span, parent: Context): void
  onEnd(span: ReadableSpan): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

// Bound: a third cheaper to call than the method, and 50 ns are as much as what is measured.
const now: () => number = performance.now.bind(performance)

const MICROS_PER_MILLI = 1000

/** Stands between the SDK and a processor and takes the time of each `onEnd`, and of nothing else. */
export class TimedProcessor<Span, Context, ReadableSpan> implements Processor<Span, Context, ReadableSpan> {
  /** Every span given to `onEnd`, timed or not. */
  ended = 0
  readonly #inner: Processor<Span, Context, ReadableSpan>
  /** Allocated before the start: a growing array would stall in the middle of what is measured. */
  readonly #micros: Float64Array
  #recorded = 0
  #isRecording = false

  constructor(inner: Processor<Span, Context, ReadableSpan>, maxSamples: number) {
    this.#inner = inner
    // Filled, so that the first touch of a page is not on the clock either.
    this.#micros = new Float64Array(maxSamples).fill(-1)
  }

  startRecording(): void {
    this.#isRecording = true
  }

  stopRecording(): void {
    this.#isRecording = false
  }

  /** In the order in which they were taken. */
  samples(): Float64Array {
    return this.#micros.subarray(0, this.#recorded)
  }

  onStart(span: Span, parent: Context): void {
    this.#inner.onStart(span, parent)
  }

  onEnd(span: ReadableSpan): void {
    this.ended++
    const startedAt = now()
    this.#inner.onEnd(span)
    const millis = now() - startedAt
    if (this.#isRecording) this.#micros[this.#recorded++] = millis * MICROS_PER_MILLI
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush()
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown()
  }
}
