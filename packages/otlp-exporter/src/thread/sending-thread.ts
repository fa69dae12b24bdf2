// SPDX-License-Identifier: Apache-2.0
import { BufferPool } from '../encode/buffer-pool.js'
import { jsonFormat } from '../encode/json/format.js'
import { protobufFormat } from '../encode/protobuf/format.js'
import type { SpanFormat } from '../encode/span-format.js'
import { EMPTY, RingConsumer, RingProducer, WAS_EMPTY } from '../shared-memory/index-ring.js'
import { type ControlLayout, controlLayout } from '../shared-memory/layout.js'
import { Slab } from '../shared-memory/slab.js'
import type { BatchOutcome, SettledStored } from '../span-batch.js'
import { transportClock } from '../transport/clock.js'
import type { TransportClock } from '../transport/clock.js'
import type { ExporterError } from '../transport/exporter-error.js'
import { Transport } from '../transport/transport.js'
import type { Internals } from '../transport/transport.js'
import type { HeaderTexts } from '../transport/transport-settings.js'
import { adoptNetworkDefaults } from './crossing.js'
import { BatchInSlab } from './batch-in-slab.js'
import { BELL } from './messages.js'
import type { BatchFailure, FromThread, ToThread } from './messages.js'
import { ProcessClock } from './process-clock.js'
import { readBatch, readHanded, readHandedAt, writeHandedBack } from './slab-layout.js'

const CONCERNS_BATCHES: ReadonlySet<string> = new Set([
  'abort',
  'closing',
  'stored-closing',
  'stored-shutdown',
  'shutdown',
  'keep-now',
])

export interface ThreadPort {
  readonly post: (message: FromThread) => void
  /** Receives what was posted to this thread, without waiting for the event loop. */
  readonly receiveNow: () => void
  readonly close: () => void
}

/** What tests can replace. */
export interface ThreadInternals extends Internals {
  /** The clock that the threads share. */
  readonly processMillis?: () => number
}

/** The export thread's side: takes batches from the ring, sends each with the transport, and gives their slabs back. */
export class SendingThread {
  readonly #port: ThreadPort
  readonly #internals: ThreadInternals
  readonly #clock: TransportClock
  readonly #layout: ControlLayout
  readonly #words: Int32Array
  readonly #filled: RingConsumer
  readonly #returned: RingProducer
  /** For requests that cannot be assembled in their slab. */
  readonly #pool: BufferPool
  readonly #slabs = new Map<number, Slab>()
  readonly #headers = new Map<number, HeaderTexts>()
  /** The headers of the last batch that had its own. */
  #lastHeaders: HeaderTexts | undefined
  /** Requests that were stored and wait for headers of the application. */
  readonly #asked = new Map<number, (values: HeaderTexts | undefined) => void>()
  #nextAsked = 1
  readonly #sending = new Map<number, BatchInSlab>()
  /** By which the pipelines of stored spans say that they shut down. */
  readonly #groups = new Map<number, AbortController>()
  /** Whether every batch makes its last attempt, including those that come later. */
  #isClosing = false
  /** Whether every batch is put on disk at once, since the process ends. */
  #isKeeping = false
  #transport: Transport | undefined
  #format: SpanFormat | undefined
  #processClock: ProcessClock | undefined
  #isTaking = false
  /** Messages that came while batches were being taken. */
  readonly #later: Exclude<ToThread, typeof BELL>[] = []
  #requestCount = 0

  constructor(memory: SharedArrayBuffer, slabCount: number, port: ThreadPort, internals: ThreadInternals = {}) {
    const layout = (this.#layout = controlLayout(slabCount))
    this.#words = new Int32Array(memory)
    this.#filled = new RingConsumer(memory, layout.filled)
    this.#returned = new RingProducer(memory, layout.returned)
    this.#port = port
    this.#internals = internals
    this.#clock = internals.clock ?? transportClock
    this.#pool = new BufferPool(undefined, this.#clock)
  }

  /** While batches are being taken, what concerns a batch waits: the batch may still be in the ring. */
  onMessage(message: Exclude<ToThread, typeof BELL>): void {
    if (this.#isTaking && CONCERNS_BATCHES.has(message.type)) this.#later.push(message)
    else this.#handle(message)
  }

  #handle(message: Exclude<ToThread, typeof BELL>): void {
    switch (message.type) {
      case 'start':
        this.#start(message)
        return
      case 'slab':
        this.#slabs.set(message.number, new Slab(message.number, message.memory))
        return
      case 'forget':
        this.#slabs.delete(message.number)
        return
      case 'headers':
        this.#headers.set(message.id, message.values)
        this.#lastHeaders = message.values
        return
      case 'asked-headers':
        this.#asked.get(message.id)?.(message.values)
        this.#asked.delete(message.id)
        return
      case 'abort':
        this.#sending.get(message.id)?.abort.abort()
        return
      case 'closing':
        if (message.id === undefined) this.#close()
        else this.#sending.get(message.id)?.closing.abort()
        return
      case 'stored-closing':
        this.#group(message.group).abort()
        return
      case 'stored-shutdown':
        this.#transport?.endStoredBackOffs()
        return
      case 'keep-now':
        this.#isKeeping = true
        this.takeBatches()
        return
      case 'shutdown':
        void this.#shutdown(message.remainingMillis)
    }
  }

  /** Sends every batch that was handed over. */
  takeBatches(): void {
    // A bell that is received meanwhile says nothing new: the loop goes on until the ring is empty.
    if (this.#isTaking) return
    this.#isTaking = true
    for (let number = this.#filled.take(); number !== EMPTY; number = this.#filled.take()) {
      // It was posted before the slab was put into the ring.
      if (!this.#slabs.has(number)) this.#port.receiveNow()
      const slab = this.#slabs.get(number)
      if (slab !== undefined) void this.#send(slab)
    }
    this.#isTaking = false
    if (this.#isKeeping) this.#transport?.keepNow()
    for (const message of this.#later.splice(0)) this.#handle(message)
  }

  #start({ settings, network, postedAt, formerOwner, asksForHeaders }: Extract<ToThread, { type: 'start' }>): void {
    this.#processClock = new ProcessClock(postedAt, this.#internals.processMillis)
    adoptNetworkDefaults(network)
    this.#format = settings.contentType === 'application/json' ? jsonFormat() : protobufFormat()
    this.#transport = new Transport(
      { ...settings, dispatcher: undefined, headersFunction: asksForHeaders ? () => this.#askForHeaders() : undefined },
      {
        onAttempt: () => this.#countRequest(),
        onBackendChange: (change) => this.#port.post({ type: 'backend', change }),
        onInherited: (outcome) => this.#port.post({ type: 'inherited', outcome }),
      },
      formerOwner === undefined ? this.#internals : { ...this.#internals, spool: { ...this.#internals.spool, formerOwner } },
    )
    this.#port.post({ type: 'ready', spoolOwner: this.#transport.spoolOwner })
  }

  async #send(slab: Slab): Promise<void> {
    const transport = this.#transport
    const format = this.#format
    if (transport === undefined || format === undefined) return
    const { id, remainingMillis, isClosing, hasOwnHeaders, mayStore, group } = readHanded(slab)
    if (hasOwnHeaders && !this.#headers.has(id)) this.#port.receiveNow()
    const headers = this.#headers.get(id)
    this.#headers.delete(id)

    let isFree = true
    const encoded = readBatch(slab, format, this.#pool, (free) => (isFree = free))
    const batch = new BatchInSlab(slab, encoded, headers, this.#clock)
    if (isClosing || this.#isClosing) batch.closing.abort()
    this.#sending.set(id, batch)
    // The batch may have waited in the ring while the thread was starting or busy. That counts against its deadline.
    const at = this.#clock.now() + remainingMillis - (this.#processClock?.since(readHandedAt(slab)) ?? 0)
    // Called in the call of `keepNow`, and else when there is an outcome: the first counts.
    const onOutcome = (outcome: BatchOutcome): void => {
      if (!this.#sending.delete(id)) return
      encoded.release()
      this.#giveBack(slab, id, outcome, batch, isFree)
      for (const early of batch.beginStored()) this.#postStored(id, early)
    }
    const outcome = await transport.sendBatch(batch, {
      at,
      signal: batch.abort.signal,
      closing: batch.closing.signal,
      storedClosing: this.#group(group).signal,
      onOutcome,
      onStoredOutcome: mayStore ? this.#storedReport(id, batch) : undefined,
    })
    onOutcome(outcome)
  }

  /** The application hears of stored spans only after it got the slab back. Refers to nothing else of the batch. */
  #storedReport(id: number, { storedReports }: BatchInSlab): (outcome: SettledStored) => void {
    return (outcome) => {
      if (storedReports.isEarly) storedReports.early.push(outcome)
      else this.#postStored(id, outcome)
    }
  }

  #postStored(id: number, outcome: SettledStored): void {
    const { error } = outcome
    this.#port.post({ type: 'stored', id, outcome: { ...outcome, error: error === undefined ? undefined : plain(error) } })
    // In the `exit` event the application waits for what comes back, and receives messages when it is woken.
    this.#returned.notify()
  }

  /** In the `exit` event the application answers no more, and the headers of the last batch have to do. */
  async #askForHeaders(): Promise<HeaderTexts> {
    const id = this.#nextAsked++
    const asked = new Promise<HeaderTexts | undefined>((resolve) => this.#asked.set(id, resolve))
    if (this.#isClosing && this.#lastHeaders !== undefined) this.#asked.get(id)?.(this.#lastHeaders)
    else this.#port.post({ type: 'ask-headers', id })
    const values = await asked
    if (values === undefined) throw new Error('the application has none')
    return values
  }

  #group(group: number): AbortController {
    let controller = this.#groups.get(group)
    if (controller === undefined) {
      controller = new AbortController()
      if (this.#isClosing) controller.abort()
      this.#groups.set(group, controller)
    }
    return controller
  }

  #close(): void {
    this.#isClosing = true
    for (const batch of this.#sending.values()) batch.closing.abort()
    for (const group of this.#groups.values()) group.abort()
    if (this.#lastHeaders !== undefined) for (const answer of this.#asked.values()) answer(this.#lastHeaders)
  }

  #giveBack(slab: Slab, id: number, outcome: BatchOutcome, batch: BatchInSlab, isFree: boolean): void {
    const { finished, sendingMillis } = batch
    if (finished === undefined) return
    const { exported, failed, stored = 0, storedBytes = 0, error } = outcome
    const hasFailure = error !== undefined || exported + stored < finished.spanCount
    if (hasFailure) {
      const { errorType } = finished
      this.#port.post({ type: 'failure', id, failed, errorType, error: error === undefined ? undefined : plain(error) })
    }
    const { attemptCount, statusCode } = finished
    writeHandedBack(slab, { exported, stored, storedBytes, attemptCount, sendingMillis, statusCode, hasFailure, isFree })
    const offered = this.#returned.offer(slab.number)
    this.#returned.notify()
    if (offered === WAS_EMPTY) this.#port.post(BELL)
  }

  #countRequest(): void {
    this.#requestCount = (this.#requestCount + 1) | 0
    // Release. This thread is its only writer.
    Atomics.store(this.#words, this.#layout.requests, this.#requestCount)
  }

  async #shutdown(remainingMillis: number): Promise<void> {
    this.takeBatches()
    await this.#transport?.shutdown({ at: this.#clock.now() + remainingMillis })
    this.#pool.close()
    this.#port.post({ type: 'closed' })
    this.#port.close()
  }
}

/** An error of the transport, as a message can carry it. */
function plain(error: unknown): BatchFailure['error'] {
  const { code, message, statusCode, data } = error as ExporterError
  return { code, message, statusCode, data }
}
