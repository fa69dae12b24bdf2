// SPDX-License-Identifier: Apache-2.0
import type {
  BatchOutcome,
  Deadline,
  ExportResult,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  StoredOutcome,
} from '@spanring/core'
import type { FakeClock } from '@spanring/test-kit/clock'
import { numbersOf } from './span.js'

export type OpenAnswer = 'batch' | 'no room' | 'no room, and never says when' | 'throw' | 'null'
export type AddAnswer = 'added' | 'full' | 'rejected' | 'throw' | 'junk'
export type SendAnswer =
  | 'ok'
  | 'partly'
  | 'never'
  | 'throw'
  | 'reject'
  | 'twice'
  | 'too many'
  | 'negative'
  | 'null'
  | 'not a promise'
  | 'stores'
  | 'stores some'
  | 'stores too many'
/** What becomes of the spans of a batch that was stored; a number is how many of them are told of first. */
export type StoredAnswer = 'exported' | 'failed' | 'kept' | 'never' | 'too many' | 'negative' | 'null' | 'throw' | number

export interface Lies {
  open: OpenAnswer[]
  add: AddAnswer[]
  send: { answer: SendAnswer; delay: number | undefined }[]
  stored: { answer: StoredAnswer; delay: number | undefined }[]
}

export interface Sent {
  readonly numbers: number[]
  readonly startedAt: number
  readonly deadline: Deadline
  /** How often the batch was closed before it was sent. */
  readonly closedTimes: number
  settled: boolean
  /** How many spans of the batch are stored and have got no outcome. */
  stored: number
}

/** An incremental exporter that answers from three lists, over and over; empty lists make it honest. */
export class IncrementalDouble implements IncrementalSpanExporter {
  readonly maxConcurrentBatches: number
  readonly sent: Sent[] = []
  readonly log: string[] = []
  readonly stacks: { what: string; stack: string }[] = []
  captureStacks = false
  closeFails: 'throws' | 'rejects' | undefined
  /** Batches that were opened and not closed yet. */
  openBatches = 0
  onSend: (() => void) | undefined
  onAdd: (() => void) | undefined
  onShutdown: (() => void) | undefined
  /** What the processor has registered for the `exit` event. */
  drain: (() => void) | undefined
  readonly #clock: FakeClock
  readonly #lies: Lies
  #opens = 0
  #adds = 0
  #sends = 0
  #stores = 0

  constructor(clock: FakeClock, maxConcurrentBatches: number, lies: Partial<Lies> = {}) {
    this.#clock = clock
    this.maxConcurrentBatches = maxConcurrentBatches
    this.#lies = { open: [], add: [], send: [], stored: [], ...lies }
  }

  get numbers(): number[] {
    return this.sent.flatMap((sent) => sent.numbers)
  }

  openBatch(onRoom: () => void): SpanBatch | undefined {
    this.#note('openBatch')
    const answer = pick(this.#lies.open, this.#opens++) ?? 'batch'
    if (answer === 'throw') throw new Error('openBatch throws')
    if (answer === 'null') return null as unknown as undefined
    if (answer === 'batch') return this.#createBatch()
    if (answer === 'no room') this.#clock.later(onRoom, 20)
    return undefined
  }

  #createBatch(): SpanBatch {
    const spans: ReadableSpan[] = []
    let closedTimes = 0
    this.openBatches++
    return {
      get spanCount() {
        return spans.length
      },
      get byteLength() {
        return spans.length * 100
      },
      add: (span) => {
        this.#note('add')
        this.onAdd?.()
        if (closedTimes > 0) throw new Error('a closed batch is given a span')
        const answer = pick(this.#lies.add, this.#adds++) ?? 'added'
        if (answer === 'throw') throw new Error('add throws')
        if (answer === 'added') spans.push(span)
        return answer as 'added'
      },
      close: () => {
        this.#note('close')
        if (closedTimes++ === 0) this.openBatches--
        if (this.closeFails === 'throws') throw new Error('close throws')
        // An async function is taken for one that returns nothing.
        return (this.closeFails === 'rejects' ? Promise.reject(new Error('close rejects')) : undefined) as unknown as void
      },
      send: (deadline) => this.#send(spans, deadline, closedTimes),
    }
  }

  #send(spans: ReadableSpan[], deadline: Deadline, closedTimes: number): Promise<BatchOutcome> {
    this.#note('send')
    this.onSend?.()
    const { answer, delay } = pick(this.#lies.send, this.#sends++) ?? { answer: 'ok', delay: undefined }
    const count = spans.length
    const sent = {
      numbers: numbersOf(spans),
      startedAt: this.#clock.now(),
      deadline,
      closedTimes,
      settled: answer === 'throw',
      stored: 0,
    }
    this.sent.push(sent)
    if (answer === 'throw') throw new Error('send throws')
    if (answer === 'not a promise') return { exported: count, failed: {} } as unknown as Promise<BatchOutcome>
    if (answer === 'never') return new Promise(() => {})
    if (answer === 'twice')
      return { then: (done: (outcome: BatchOutcome) => void) => this.#twice(done, count) } as Promise<BatchOutcome>
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        sent.settled = true
        if (answer === 'reject') reject(new Error('send rejects'))
        else {
          const outcome = outcomeOf(answer, count)
          resolve(outcome)
          if (outcome?.stored && answer !== 'stores too many' && !deadline.signal.aborted) this.#store(sent, outcome.stored)
        }
      }
      if (delay === undefined) settle()
      else this.#clock.later(settle, delay)
    })
  }

  #twice(done: (outcome: BatchOutcome) => void, count: number): void {
    done({ exported: count, failed: {} })
    done({ exported: 0, failed: { other: count } })
  }

  #store(sent: Sent, count: number): void {
    sent.stored = count
    const { answer, delay } = pick(this.#lies.stored, this.#stores++) ?? { answer: 'never', delay: undefined }
    if (answer === 'never') return
    const tell = (): void => this.tell(sent, answer)
    if (delay === undefined) tell()
    else this.#clock.later(tell, delay)
  }

  /** Tells what has become of the stored spans of a batch. */
  tell(sent: Sent, answer: StoredAnswer): void {
    const { stored } = sent
    const first = typeof answer === 'number' ? Math.min(answer, stored) : stored
    sent.stored -= first
    sent.deadline.onStoredOutcome?.(storedOutcomeOf(answer, first))
    if (sent.stored > 0) this.#store(sent, sent.stored)
  }

  onExit(drain: () => void): void {
    this.drain = drain
  }

  export(_spans: ReadableSpan[], _callback: (result: ExportResult) => void): void {
    throw new Error('an incremental exporter is never given an array')
  }

  forceFlush(): Promise<void> {
    this.#note('forceFlush')
    return Promise.resolve()
  }

  shutdown(): Promise<void> {
    this.#note('shutdown')
    this.onShutdown?.()
    return Promise.resolve()
  }

  #note(what: string): void {
    this.log.push(what)
    if (this.captureStacks) this.stacks.push({ what, stack: new Error(what).stack ?? '' })
  }
}

function outcomeOf(answer: SendAnswer, count: number): BatchOutcome {
  if (answer === 'partly') return { exported: count - 1, failed: { too_large: 1 } }
  if (answer === 'too many') return { exported: count + 7, failed: {} }
  if (answer === 'negative') return { exported: -1, failed: { other: count + 1 } }
  if (answer === 'null') return null as unknown as BatchOutcome
  if (answer === 'stores') return { exported: 0, failed: {}, stored: count }
  if (answer === 'stores some' && count > 1) return { exported: 1, failed: { too_large: count - 2 }, stored: 1 }
  if (answer === 'stores too many') return { exported: 1, failed: {}, stored: count }
  return { exported: count, failed: {} }
}

function storedOutcomeOf(answer: StoredAnswer, count: number): StoredOutcome {
  if (answer === 'failed') return { exported: 0, failed: { expired: count }, error: new Error('too old') }
  if (answer === 'kept') return { exported: 0, failed: {}, kept: count }
  if (answer === 'too many') return { exported: count, failed: {}, kept: 1 }
  if (answer === 'negative') return { exported: -1, failed: {}, kept: count }
  if (answer === 'null') return null as unknown as StoredOutcome
  if (answer !== 'throw') return { exported: count, failed: {} }
  return {
    get exported(): number {
      throw new Error('exported throws')
    },
    failed: {},
  }
}

function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[index % list.length]
}
