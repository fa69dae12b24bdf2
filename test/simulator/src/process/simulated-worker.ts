// SPDX-License-Identifier: Apache-2.0
import type { FromThread, ToThread } from '../../../../packages/otlp-exporter/src/thread/messages.js'
import { BELL } from '../../../../packages/otlp-exporter/src/thread/messages.js'
import { SendingThread } from '../../../../packages/otlp-exporter/src/thread/sending-thread.js'
import type { ThreadInternals } from '../../../../packages/otlp-exporter/src/thread/sending-thread.js'
import type { RunningWorker, StartWorker } from '../../../../packages/otlp-exporter/src/thread/worker-thread.js'
import type { EventLoop } from '../world/event-loop.js'

/** Messages between two threads, in their order. They can be received before the event loop of the receiver sees them. */
class SimulatedPort<T> {
  readonly #to: EventLoop
  readonly #latency: () => number
  readonly #receive: (message: T) => void
  readonly #messages: T[] = []
  #isClosed = false

  constructor(to: EventLoop, latency: () => number, receive: (message: T) => void) {
    this.#to = to
    this.#latency = latency
    this.#receive = receive
  }

  post(message: T): void {
    if (this.#isClosed) return
    this.#messages.push(typeof message === 'object' ? structuredClone(message) : message)
    this.#to.io(this.#latency(), message === BELL ? 'a bell' : 'a message', () => this.#deliver())
  }

  next(): T | undefined {
    return this.#messages.shift()
  }

  close(): void {
    this.#isClosed = true
    this.#messages.length = 0
  }

  #deliver(): void {
    if (this.#messages.length > 0) this.#receive(this.#messages.shift() as T)
  }
}

export interface WorkerWorld {
  readonly loop: EventLoop
  /** The thread that starts the worker. */
  readonly parent: EventLoop
  /** How long the start takes, in milliseconds. */
  readonly startMillis: number
  /** How long a message takes, in milliseconds. */
  readonly latency: () => number
  readonly internals: ThreadInternals
  /** Called when the thread is gone. */
  readonly onEnd: () => void
}

/** Runs the real thread's side in this process, in an event loop of its own, and can end it at any time. */
export class SimulatedWorker implements RunningWorker {
  readonly loop: EventLoop
  readonly #parent: EventLoop
  readonly #toThread: SimulatedPort<ToThread>
  readonly #fromThread: SimulatedPort<FromThread>
  readonly #onEnd: () => void
  readonly #onExit: (error: Error | undefined) => void
  readonly #ended: Promise<void>
  #resolveEnded: () => void = () => {}
  #thread: SendingThread | undefined

  constructor(world: WorkerWorld, data: Parameters<StartWorker>[1], listener: Parameters<StartWorker>[2]) {
    const { loop, parent, latency, internals } = world
    this.loop = loop
    this.#onEnd = world.onEnd
    this.#parent = parent
    this.#onExit = (error) => listener.onExit(error)
    this.#ended = new Promise((resolve) => (this.#resolveEnded = resolve))
    this.#fromThread = new SimulatedPort(parent, latency, (message: FromThread) => listener.onMessage(message))
    const receive = (message: ToThread): void => {
      if (message === BELL) this.#thread?.takeBatches()
      else this.#thread?.onMessage(message)
    }
    // What arrives before the thread has started waits in its port.
    this.#toThread = new SimulatedPort(loop, latency, receive)
    loop.stall(world.startMillis)
    loop.io(0, 'the thread has started', () => {
      const port = {
        post: (message: FromThread): void => this.#fromThread.post(message),
        receiveNow: (): void => {
          for (let message = this.#toThread.next(); message !== undefined; message = this.#toThread.next()) receive(message)
        },
        close: (): void => this.end(undefined),
      }
      this.#thread = new SendingThread(data.memory, data.slabCount, port, internals)
    })
  }

  post(message: ToThread): void {
    this.#toThread.post(message)
  }

  receive(): FromThread | undefined {
    return this.#fromThread.next()
  }

  close(): void {
    this.#fromThread.close()
  }

  terminate(): Promise<void> {
    this.end(undefined)
    return this.#ended
  }

  /** Passes a warning on, as the thread does. */
  warn(text: string): void {
    this.#fromThread.post({ type: 'warning', text })
  }

  /** Ends the thread between two of its callbacks. The other thread hears of it a little later. */
  end(error: Error | undefined): void {
    if (this.loop.isDead) return
    this.loop.kill()
    this.#onEnd()
    this.#parent.io(0.5, 'the thread has ended', () => {
      this.#onExit(error)
      this.#resolveEnded()
    })
  }
}
