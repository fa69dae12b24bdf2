// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
// Without `node:`. webpack knows `Worker from worker_threads`; from `node:worker_threads` it makes code that throws (5.113).
import { Worker } from 'worker_threads'
import { EMPTY, RingConsumer, RingProducer, WAS_EMPTY } from '../shared-memory/index-ring.js'
import { type ControlLayout, controlLayout } from '../shared-memory/layout.js'
import { type Slab, THREAD } from '../shared-memory/slab.js'
import { BELL } from './messages.js'
import type { FromThread, ThreadData, ToThread } from './messages.js'
import { packageOptions } from './package-options.js'

/** If its heap grows beyond this, in MiB, Node.js ends the thread and not the process. Spans are not in its heap. */
const HEAP_MIB = 128
/** Of the young generation, in MiB. The thread's objects die young: the default of 48 would only delay their collection. */
const YOUNG_MIB = 4

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
  readonly #worker: Worker
  readonly #port: MessagePort
  readonly #layout: ControlLayout
  readonly #words: Int32Array
  readonly #filled: RingProducer
  readonly #returned: RingConsumer
  readonly #listener: ThreadListener
  /** The slabs that the thread has been told of. */
  readonly #known = new Set<number>()
  #hasEnded = false

  /** Throws if no thread can be started here. `slabCount` is how many slabs it may own at once. */
  constructor(file: string | URL | undefined, slabCount: number, listener: ThreadListener) {
    const layout = (this.#layout = controlLayout(slabCount))
    const memory = new SharedArrayBuffer(layout.byteLength)
    this.#words = new Int32Array(memory)
    this.#filled = new RingProducer(memory, layout.filled)
    this.#returned = new RingConsumer(memory, layout.returned)
    this.#listener = listener
    const { port1, port2 } = new MessageChannel()
    const workerData: ThreadData = { port: port2, memory, slabCount }
    const options = {
      name: 'spanring-export',
      workerData,
      transferList: [port2],
      // What the application preloads must not run a second time here.
      execArgv: packageOptions(),
      env: environment(),
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
    }
    // Bundlers that know workers look for exactly this expression, and bundle the file too. It is the CommonJS one in both
    // formats: it starts sooner, and hooks for ES modules do not concern it.
    this.#worker =
      file === undefined ? new Worker(new URL('../../cjs/thread/main.js', import.meta.url), options) : new Worker(file, options)
    this.#port = port1
    port1.on('message', (message: FromThread) => this.#receive(message))
    let error: Error | undefined
    this.#worker.on('error', (reason: unknown) => (error = reason instanceof Error ? reason : new Error(String(reason))))
    this.#worker.on('exit', () => this.#end(error))
    port1.unref()
    this.#worker.unref()
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
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of worker_threads, not a window
    this.#port.postMessage(message)
  }

  /** The number of the next slab that the thread has given back; undefined if there is none. */
  takeReturned(): number | undefined {
    const number = this.#returned.take()
    return number === EMPTY ? undefined : number
  }

  /** Receives at once what the thread has posted, without waiting for the event loop. */
  receiveNow(): void {
    for (let received = this.#next(); received !== undefined; received = this.#next()) this.#receive(received.message)
  }

  /** Blocks until the thread has given a slab back, for at most `millis`. Only for the `exit` event of a process. */
  waitSync(millis: number): boolean {
    return this.#returned.waitSync(millis)
  }

  /** Ends the thread, whatever it is doing. Resolves when it is gone. */
  async terminate(): Promise<void> {
    await this.#worker.terminate()
  }

  #next(): { message: FromThread } | undefined {
    return receiveMessageOnPort(this.#port)
  }

  #receive(message: FromThread): void {
    if (message === BELL) this.#listener.onBell()
    else this.#listener.onMessage(message)
  }

  #end(error: Error | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.receiveNow()
    this.#port.close()
    this.#listener.onEnd(error)
  }
}

/**
 * The environment of the thread: that of the process, without what makes Node.js load code of the application or of a parent
 * process, and without our own variables, which may hold tokens.
 */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) {
    const isLeftOut = name === 'NODE_OPTIONS' || name.startsWith('NODE_CHANNEL_') || /^(?:OTEL|SPANRING)_/i.test(name)
    if (!isLeftOut) env[name] = value
  }
  return env
}
