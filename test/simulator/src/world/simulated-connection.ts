// SPDX-License-Identifier: Apache-2.0
import type { Timer } from '@spanring/core'
import type { Answer } from '../../../../packages/otlp-exporter/src/transport/answer/answer.js'
import type { Post, SlotConnection } from '../../../../packages/otlp-exporter/src/transport/connection/connection.js'
import type { Reply, RequestRecord } from './backend.js'
import type { EventLoop } from './event-loop.js'
import type { Fate, Network } from './network.js'
import { NO_BYTES, beginExchange } from './simulated-exchange.js'
import type { Exchange, Socket } from './simulated-exchange.js'
import type { NetworkFault } from './weather.js'

/** As in the real connection, in milliseconds. */
const CONNECT_LIMIT_MILLIS = 5000
const MAX_AGE = { millis: 300_000, jitter: 0.2 }
const LARGE_BYTES = 1024 * 1024

/** Takes the place of a connection of undici: one socket and one request at a time. */
export class SimulatedConnection implements SlotConnection {
  readonly #network: Network
  readonly #loop: EventLoop
  readonly #generation: number
  readonly #keepAlive: boolean
  readonly #maxAgeMillis: number
  #socket: Socket | undefined
  #openedAt = 0
  #exchange: Exchange | undefined
  #hasAnswer = false
  #isSpent = false
  #isDestroyed = false
  #connectTimer: Timer | undefined

  constructor(network: Network, loop: EventLoop, generation: number, keepAlive: boolean, random: () => number) {
    this.#network = network
    this.#loop = loop
    this.#generation = generation
    this.#keepAlive = keepAlive
    this.#maxAgeMillis = MAX_AGE.millis * (1 - MAX_AGE.jitter * random())
    network.connections.add(this)
  }

  readonly isOurs = true

  get isSent(): boolean {
    return this.#exchange !== undefined && !this.#exchange.isSettled && this.#exchange.record !== undefined
  }

  get isUnreached(): boolean {
    return !this.isSent && this.#socket === undefined
  }

  get isBodyFree(): boolean {
    const exchange = this.#exchange
    return this.#hasAnswer && exchange !== undefined && exchange.bytesRead === exchange.copy.byteLength
  }

  get isSpent(): boolean {
    return this.#isSpent
  }

  get isReused(): boolean {
    return this.#exchange?.isReused ?? false
  }

  get isSilent(): boolean {
    const { seen } = this.#exchange ?? { seen: 'unsent' }
    return seen === 'unsent' || seen === 'silence'
  }

  get isSuspect(): boolean {
    return this.isReused && this.isSilent && (this.#exchange?.post.body.byteLength ?? 0) <= LARGE_BYTES
  }

  get isBusy(): boolean {
    return this.#exchange !== undefined && !this.#exchange.isSettled
  }

  get isOld(): boolean {
    return this.#socket !== undefined && this.#loop.now() - this.#openedAt >= this.#maxAgeMillis
  }

  post(post: Post): Promise<Answer> {
    const { report } = this.#network
    if (this.isBusy) report.violated('a connection gets a request while it has another one')
    if (this.#isDestroyed) report.violated('a connection gets a request after it was destroyed')
    if (this.#isSpent) report.violated('a connection gets a request although it is spent')
    this.#hasAnswer = false
    return new Promise((resolve) => {
      const exchange = beginExchange(post, resolve, this.#socket?.hasAnswered ?? false)
      this.#exchange = exchange
      if (this.#socket === undefined) this.#connect(exchange)
      else this.#send(exchange, this.#socket)
    })
  }

  giveUp(): Answer | undefined {
    const exchange = this.#exchange
    if (exchange === undefined || exchange.isSettled || typeof exchange.seen !== 'number') return undefined
    return this.#settle(exchange, 'stalled')
  }

  async destroy(): Promise<void> {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#socket = undefined
    this.#network.connections.delete(this)
    this.#loop.stopTimer(this.#connectTimer)
    const exchange = this.#exchange
    await new Promise<void>((resolve) => {
      this.#loop.io(0.05, 'destroyed', () => {
        if (exchange !== undefined) this.#fail(exchange, 'the connection is no longer needed')
        resolve()
      })
    })
  }

  /** The other end breaks it. */
  reset(): void {
    const exchange = this.#exchange
    if (this.#socket !== undefined) this.#socket.state = 'closed'
    if (exchange !== undefined && !exchange.isSettled && exchange.record !== undefined) this.#breakOff(exchange)
    else if (this.#network.weather.chance(0.5)) this.#loop.io(0.1, 'end of an idle connection', () => this.#forgetSocket())
  }

  /** A thread is gone. If this is one of its connections, what the kernel has taken may still arrive. */
  abandon(loop: EventLoop): void {
    if (loop !== this.#loop) return
    this.#isDestroyed = true
    this.#network.connections.delete(this)
  }

  /** What was closed or forgotten in between is found out now. */
  calm(): void {
    if (this.#socket?.state !== 'open') this.#forgetSocket()
  }

  #connect(exchange: Exchange): void {
    const { weather } = this.#network
    const fault = weather.has('refused', 'unreachable')
    const loop = this.#loop
    if (fault === 'refused') {
      loop.io(weather.latency(), 'connection refused', () => this.#fail(exchange, 'connect ECONNREFUSED', 'ECONNREFUSED'))
      return
    }
    const limit = (): void => this.#fail(exchange, `no connection within ${CONNECT_LIMIT_MILLIS} ms`)
    this.#connectTimer = loop.startTimer(limit, CONNECT_LIMIT_MILLIS)
    if (fault === 'unreachable') return
    loop.io(weather.latency(), 'connected', () => {
      loop.stopTimer(this.#connectTimer)
      if (this.#isDestroyed || exchange.isSettled) return
      const socket: Socket = { hasAnswered: false, state: 'open' }
      this.#socket = socket
      this.#openedAt = loop.now()
      this.#send(exchange, socket)
    })
  }

  #send(exchange: Exchange, socket: Socket): void {
    const { weather, scheduler } = this.#network
    const { body } = exchange.post
    const record = this.#network.record(this.#generation, body.byteLength)
    exchange.record = record
    exchange.seen = 'silence'
    exchange.copy = Buffer.from(body)
    scheduler.trace.event(scheduler.now, this.#loop.name, 'sends request %a, %b bytes', record.number, body.byteLength)
    if (socket.state === 'closed') {
      exchange.bytesRead = body.byteLength
      this.#breakOff(exchange)
      return
    }
    let fault: NetworkFault | undefined = 'black hole'
    if (socket.state === 'open') {
      fault = weather.has(
        'black hole',
        'swallowed',
        'reset early',
        'reset',
        'reset late',
        'busy',
        'bad request',
        'too large',
        'partial success',
        'early answer',
        'broken answer',
        'stalled answer',
        'garbage',
        'slow',
      )
    }
    if (fault !== undefined) scheduler.trace.event(scheduler.now, 'network', `fault of request %a: ${fault}`, record.number)
    const chunks = weather.between(1, 3)
    // The kernel takes some of it in the call.
    this.#read(exchange, fault, Math.ceil(body.byteLength / chunks))
    if (fault === 'reset early') this.#breakOff(exchange)
    if (fault === 'early answer') this.#answer(exchange, { reply: this.#network.busy(), millis: weather.latency() }, true)
  }

  /** The kernel takes the next bytes of the body. */
  #read(exchange: Exchange, fault: NetworkFault | undefined, chunk: number): void {
    const { weather, scheduler, report } = this.#network
    const { post, copy, bytesRead } = exchange
    const end = Math.min(bytesRead + chunk, copy.byteLength)
    if (Buffer.compare(post.body.subarray(bytesRead, end), copy.subarray(bytesRead, end)) !== 0) {
      report.violated(`the body of request ${exchange.record?.number} has changed while the socket was reading it`)
    }
    exchange.bytesRead = end
    if (end === copy.byteLength) {
      if (fault === 'reset early' || fault === 'early answer') return
      scheduler.later(weather.latency(), 'a request arrives', () => this.#arrive(exchange, fault))
      return
    }
    scheduler.later(weather.latency(), 'the kernel takes bytes', () => {
      // libuv cancels what is left to write when the socket is closed.
      if (!this.#isDestroyed) this.#read(exchange, fault, chunk)
    })
  }

  #arrive(exchange: Exchange, fault: NetworkFault | undefined): void {
    const { record, copy, post } = exchange
    const fate = this.#network.receive(record as RequestRecord, copy, post.headers['content-encoding'], fault)
    this.#answer(exchange, fate, false)
  }

  #answer(exchange: Exchange, { reply, then, ends, millis }: Fate, isEarly: boolean): void {
    if (reply === undefined && ends === undefined) return
    this.#loop.io(millis, 'an answer arrives', () => {
      if (exchange.isSettled || this.#isDestroyed) return
      exchange.isEarly = isEarly
      if (ends === 'garbage') exchange.seen = 'garbage'
      if (reply === undefined) return this.#fail(exchange, 'other side closed', 'UND_ERR_SOCKET')
      this.#see(exchange, reply)
      if (then === undefined) this.#settle(exchange, 'whole', reply.body)
      else if (then === 'breaks') {
        this.#loop.io(1, 'the answer breaks', () => this.#fail(exchange, 'other side closed', 'UND_ERR_SOCKET'))
      }
    })
  }

  #see(exchange: Exchange, { status, headers }: Reply): void {
    const { scheduler } = this.#network
    exchange.seen = status
    exchange.headers = headers
    const record = exchange.record as RequestRecord
    record.answeredAt = this.#loop.absoluteNow
    scheduler.trace.event(record.answeredAt, this.#loop.name, 'request %a is answered %b', record.number, status)
  }

  #breakOff(exchange: Exchange): void {
    const { weather } = this.#network
    this.#loop.io(weather.latency(), 'connection reset', () => this.#fail(exchange, 'read ECONNRESET', 'ECONNRESET'))
  }

  #fail(exchange: Exchange, message: string, code?: string): void {
    if (exchange.isSettled) return
    this.#loop.stopTimer(this.#connectTimer)
    this.#settle(exchange, 'broken', NO_BYTES, Object.assign(new Error(message), code === undefined ? {} : { code }))
  }

  #settle(exchange: Exchange, end: Answer['end'], body: Buffer = NO_BYTES, error?: Error): Answer {
    const { seen, headers } = exchange
    const isWhole = end === 'whole' && !exchange.isEarly
    exchange.isSettled = true
    this.#hasAnswer = isWhole
    this.#isSpent = seen !== 'unsent' && seen !== 'silence' && !isWhole
    const isKept = isWhole && this.#keepAlive && (this.#socket?.state === 'open' || !this.#network.isCalm)
    if (isKept && this.#socket !== undefined) this.#beIdle(this.#socket)
    else this.#socket = undefined
    const answer: Answer = { end, seen: seen === 'unsent' ? 'unreached' : seen, headers, body, error }
    exchange.settle(answer)
    return answer
  }

  #beIdle(socket: Socket): void {
    const { weather } = this.#network
    socket.hasAnswered = true
    const fault = weather.has('closed idle', 'forgotten idle')
    if (fault === undefined) return
    socket.state = fault === 'closed idle' ? 'closed' : 'forgotten'
    if (fault === 'closed idle' && weather.chance(0.5)) {
      this.#loop.io(weather.latency(), 'end of an idle connection', () => this.#forgetSocket())
    }
  }

  #forgetSocket(): void {
    if (!this.isBusy) this.#socket = undefined
  }
}
