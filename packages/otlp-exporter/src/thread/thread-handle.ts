// SPDX-License-Identifier: Apache-2.0
import { EMPTY, RingConsumer, RingProducer, WAS_EMPTY } from '../shared-memory/index-ring.js'
import { type ControlLayout, controlLayout } from '../shared-memory/layout.js'
import { type Slab, THREAD } from '../shared-memory/slab.js'
import { BELL } from './messages.js'
import type { FromThread, ToThread } from './messages.js'
import { startWorker } from './worker-thread.js'
import type { RunningWorker, StartWorker } from './worker-thread.js'

export interface HandleParts {
  /** The file that the thread runs; undefined for the one of this package. */
  readonly file: string | URL | undefined
  /** How many slabs the thread may own at once. */
  readonly slabCount: number
  readonly startWorker?: StartWorker | undefined
}

export interface ThreadListener {
  /** Slabs may have been given back. */
  onBell(): void
  onMessage(message: Exclude<FromThread, typeof BELL>): void
  /** The thread is gone; `error` is the error that ended it, if there was one. Called once, after everything else. */
  onEnd(error: Error | undefined): void
}

/**
 * One export thread, from its start to its end, as the application's thread sees it. Holds the thread's port and control
 * block, and never keeps the process alive.
 */
export class ThreadHandle {
  readonly #worker: RunningWorker
  readonly #layout: ControlLayout
  readonly #words: Int32Array
  readonly #filled: RingProducer
  readonly #returned: RingConsumer
  readonly #listener: ThreadListener
  /** The slabs that the thread has been told of. */
  readonly #known = new Set<number>()
  /** Messages that were received while another one was being dealt with. */
  readonly #next: Exclude<FromThread, typeof BELL>[] = []
  #isDelivering = false
  #hasEnded = false

  /** Throws if no thread can be started here. */
  constructor(parts: HandleParts, listener: ThreadListener) {
    const { file, slabCount, startWorker: start = startWorker } = parts
    const layout = (this.#layout = controlLayout(slabCount))
    const memory = new SharedArrayBuffer(layout.byteLength)
    this.#words = new Int32Array(memory)
    this.#filled = new RingProducer(memory, layout.filled)
    this.#returned = new RingConsumer(memory, layout.returned)
    this.#listener = listener
    this.#worker = start(
      file,
      { memory, slabCount },
      {
        onMessage: (message) => this.#receive(message),
        onExit: (error) => this.#end(error),
      },
    )
  }

  /** How many requests the thread has sent. */
  get requestCount(): number {
    // Acquire; the thread is its only writer.
    return Atomics.load(this.#words, this.#layout.requests)
  }

  /** Gives the thread a slab that holds a batch. Its rings have room for every slab there can be. */
  handOver(slab: Slab): void {
    const { number, memory } = slab
    if (!this.#known.has(number)) {
      this.#known.add(number)
      this.post({ type: 'slab', number, memory })
    }
    slab.owner = THREAD
    if (this.#filled.offer(number) === WAS_EMPTY) this.post(BELL)
  }

  /** For a slab that is never handed over again. */
  forget(number: number): void {
    if (this.#known.delete(number)) this.post({ type: 'forget', number })
  }

  post(message: ToThread): void {
    this.#worker.post(message)
  }

  /** The number of the next slab that the thread has given back; undefined if there is none. */
  takeReturned(): number | undefined {
    const number = this.#returned.take()
    return number === EMPTY ? undefined : number
  }

  /** Receives at once what the thread has posted, without waiting for the event loop. */
  receiveNow(): void {
    for (let message = this.#worker.receive(); message !== undefined; message = this.#worker.receive()) this.#receive(message)
  }

  /** In the `exit` event: whoever was dealing with a message may have ended the process, and then never comes back to the next one. */
  beginExit(): void {
    this.#deliver()
  }

  /** Blocks until the thread has given a slab back, for at most `millis`. Only for the `exit` event of a process. */
  waitSync(millis: number): boolean {
    return this.#returned.waitSync(millis)
  }

  /** Ends the thread, whatever it is doing. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  /**
   * Whoever deals with a message may look for the next ones, since a slab that is given back needs its failure at once. All others
   * are dealt with in their order, or what is said first of stored spans would be heard after what is said last.
   */
  #receive(message: FromThread): void {
    if (message === BELL) return this.#listener.onBell()
    if (message.type === 'failure') return this.#listener.onMessage(message)
    this.#next.push(message)
    if (!this.#isDelivering) this.#deliver()
  }

  #deliver(): void {
    this.#isDelivering = true
    try {
      for (let next = this.#next.shift(); next !== undefined; next = this.#next.shift()) this.#listener.onMessage(next)
    } finally {
      this.#isDelivering = false
    }
  }

  #end(error: Error | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.receiveNow()
    this.#worker.close()
    this.#listener.onEnd(error)
  }
}
