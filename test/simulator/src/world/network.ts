// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../checks/report.js'
import { REPLY_OK } from './backend.js'
import type { Backend, Reply, RequestRecord } from './backend.js'
import type { EventLoop } from './event-loop.js'
import type { Scheduler } from './scheduler.js'
import type { NetworkFault, Weather } from './weather.js'

/** What becomes of a request that has arrived. */
export interface Fate {
  readonly reply: Reply | undefined
  /** What happens after the status of the reply; undefined: the answer is whole. */
  readonly then?: 'breaks' | 'stalls' | undefined
  /** How the connection ends if there is no reply; undefined: it stays silent. */
  readonly ends?: 'reset' | 'garbage' | undefined
  readonly millis: number
}

/** A connection as the network sees it. */
interface NetworkConnection {
  /** The other end breaks it. */
  reset(): void
  /** The faults are over. */
  calm(): void
  /** A thread is gone. */
  abandon(loop: EventLoop): void
}

/** Every connection, with the backend at the other end. */
export class Network {
  readonly scheduler: Scheduler
  readonly weather: Weather
  readonly backend: Backend
  readonly report: Report
  readonly connections = new Set<NetworkConnection>()
  isCalm = false
  #requestCount = 0

  constructor(scheduler: Scheduler, weather: Weather, backend: Backend, report: Report) {
    this.scheduler = scheduler
    this.weather = weather
    this.backend = backend
    this.report = report
  }

  get requestCount(): number {
    return this.#requestCount
  }

  record(generation: number, bytes: number): RequestRecord {
    this.#requestCount += 1
    const sentAt = this.scheduler.current?.absoluteNow ?? this.scheduler.now
    return { number: this.#requestCount, generation, sentAt, answeredAt: Infinity, bytes }
  }

  /** The machine of the backend is gone: every connection breaks, and nobody knows what it had taken. */
  resetAll(): void {
    for (const connection of this.connections) connection.reset()
  }

  /** A thread is gone, with its connections. */
  abandon(loop: EventLoop): void {
    for (const connection of this.connections) connection.abandon(loop)
  }

  /** From now on the network and the backend are well. What was lost before stays lost. */
  calm(): void {
    this.isCalm = true
    this.weather.clear()
    for (const connection of this.connections) connection.calm()
  }

  /** The backend has read a request. */
  receive(record: RequestRecord, body: Buffer, encoding: string | undefined, fault: NetworkFault | undefined): Fate {
    const { weather, backend } = this
    const millis = weather.latency() + weather.answerMillis
    const indexes = backend.read(record, body, encoding)
    if (indexes === undefined) return { reply: { ...REPLY_OK, status: 400 }, millis }
    const { trace, now } = this.scheduler
    if (trace.isWritten) trace.note(now, 'backend', `request ${record.number} holds ${rangesOf(indexes)}`)
    if (body.byteLength > weather.maxRequestBytes) return { reply: this.#tooLarge(indexes), millis }
    switch (fault) {
      case 'black hole':
        return { reply: undefined, millis }
      case 'reset':
        return { reply: undefined, ends: 'reset', millis }
      case 'garbage':
        // What is no answer is a failure for good.
        backend.refuse(indexes, 200)
        return { reply: undefined, ends: 'garbage', millis }
      case 'busy':
        return { reply: this.busy(), millis }
      case 'bad request':
        return { reply: backend.refuse(indexes, weather.pick([400, 401, 404, 500])), millis }
      case 'too large':
        if (indexes.length > 1) return { reply: this.#tooLarge(indexes), millis }
        break
      case 'partial success':
        return { reply: this.#acceptPart(record, indexes), millis }
      default:
    }
    backend.accept(record, indexes)
    this.scheduler.trace.event(this.scheduler.now, 'backend', 'accepts %a spans of request %b', indexes.length, record.number)
    switch (fault) {
      case 'swallowed':
        return { reply: undefined, millis }
      case 'reset late':
        return { reply: undefined, ends: 'reset', millis }
      case 'broken answer':
        return { reply: REPLY_OK, then: 'breaks', millis }
      case 'stalled answer':
        return { reply: REPLY_OK, then: 'stalls', millis }
      case 'slow':
        return { reply: REPLY_OK, millis: millis + weather.between(200, 6000) }
      default:
        return { reply: REPLY_OK, millis }
    }
  }

  /** Connects without a request. */
  connect(loop: EventLoop, signal: AbortSignal): Promise<boolean> {
    const fault = this.weather.has('refused', 'unreachable')
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(false))
      if (fault !== 'unreachable') {
        const isConnected = fault === undefined
        const label = isConnected ? 'a bare connection is open' : 'a bare connection is refused'
        loop.io(this.weather.latency(), label, () => resolve(isConnected))
      }
    })
  }

  busy(): Reply {
    const { weather, scheduler } = this
    const status = weather.pick([429, 502, 503, 504])
    if (weather.chance(0.5)) return { ...REPLY_OK, status }
    const seconds = weather.between(0, 3)
    const date = new Date(scheduler.now + scheduler.wallOffset + seconds * 1000).toUTCString()
    return { ...REPLY_OK, status, headers: { 'retry-after': weather.chance(0.7) ? String(seconds) : date } }
  }

  /** Several spans are to come again, in smaller requests. */
  #tooLarge(indexes: readonly number[]): Reply {
    return indexes.length > 1 ? { ...REPLY_OK, status: 413 } : this.backend.refuse(indexes, 413)
  }

  #acceptPart(record: RequestRecord, indexes: readonly number[]): Reply {
    const rejected = this.weather.between(1, indexes.length)
    this.backend.accept(record, indexes.slice(rejected))
    this.backend.refuse(indexes.slice(0, rejected), 200)
    this.scheduler.trace.event(this.scheduler.now, 'backend', 'rejects %a spans of request %b', rejected, record.number)
    const body = Buffer.from(`{"partialSuccess":{"rejectedSpans":"${rejected}","errorMessage":"simulated"}}`)
    return { ...REPLY_OK, body }
  }
}

/** As a text: 1-4, 7. */
function rangesOf(indexes: readonly number[]): string {
  const ranges: string[] = []
  for (let i = 0; i < indexes.length; i++) {
    const first = indexes[i] as number
    while (indexes[i + 1] === (indexes[i] as number) + 1) i++
    ranges.push(first === indexes[i] ? String(first) : `${first}-${indexes[i]}`)
  }
  return ranges.join(', ')
}
