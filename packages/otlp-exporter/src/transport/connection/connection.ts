// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher, buildConnector } from 'undici'
import type { Clock } from '@spanring/core'
import { AnswerCollector } from '../answer/answer-collector.js'
import { AnswerWatch } from '../answer/answer-watch.js'
import type { Answer } from '../answer/answer.js'
import type { TransportSettings } from '../transport-settings.js'
import { ownConnector, withPlainErrors } from './connector.js'
import type { Connector, ConnectorOptions } from './connector.js'
import { SocketTracker } from './socket-tracker.js'
import { Client, ProxyAgent, TunnelClient } from './undici.js'

/**
 * How long an idle connection is kept, in milliseconds, unless the backend asks for less. undici's default of 4 s would end
 * between two batches.
 */
const KEEP_ALIVE_MILLIS = 30_000

/**
 * How long a connection is used at most, in milliseconds. Each draws its end from the last fifth of that time, so that the
 * connections of a burst do not all end at once. Where one address stands for several backends, a connection without a
 * limit would never reach a backend that was added later. One handshake in five minutes has no measurable cost.
 */
const MAX_AGE = { millis: 300_000, jitter: 0.2 }

/** From this size on, in bytes, sending may take longer than waiting for the answer: some seconds at 300 kB/s. */
const LARGE_BYTES = 1024 * 1024

export interface Post {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * One client with at most one socket and one request, shared with nobody: whatever hangs in it can be destroyed without
 * harm to another request. Opens no socket before the first request.
 */
export class Connection {
  readonly #settings: TransportSettings
  readonly #clock: Clock
  readonly #sockets: SocketTracker
  readonly #answers = new AnswerWatch()
  readonly #dispatcher: Dispatcher
  readonly #headers: Readonly<Record<string, string>>
  readonly #path: string
  #current: AnswerCollector | undefined
  /** Whether the sockets that carry requests are known here. */
  readonly #seesSockets: boolean
  #hasAnswer = false
  #isSpent = false
  readonly #maxAgeMillis: number
  #openedAt = 0
  #hasAnswered = false
  #isKept = false
  #isBusy = false
  #isLarge = false

  constructor(settings: TransportSettings, clock: Clock, random: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#sockets = new SocketTracker(clock)
    this.#maxAgeMillis = MAX_AGE.millis * (1 - MAX_AGE.jitter * random())
    const { dispatcher, endpoint, proxy } = settings
    // A proxy takes plain HTTP requests by their full URL. Only TLS needs a tunnel, which many proxies allow to port 443 alone.
    const isForwarded = dispatcher === undefined && proxy !== undefined && endpoint.origin.startsWith('http:')
    this.#path = isForwarded ? endpoint.origin + endpoint.path : endpoint.path
    this.#headers = isForwarded ? { host: new URL(endpoint.origin).host, ...proxyHeaders(settings) } : {}
    this.#seesSockets = dispatcher === undefined && (proxy === undefined || isForwarded)
    if (dispatcher !== undefined) this.#dispatcher = dispatcher
    else if (isForwarded) this.#dispatcher = this.#client(proxy.origin, {})
    else if (proxy !== undefined) this.#dispatcher = this.#tunnel(proxy.origin)
    else this.#dispatcher = this.#client(endpoint.origin, { ...settings.tls, socketPath: settings.socketPath })
  }

  /** Sends one request. Settles when undici does, which may be never: the caller sets a bound, and destroys this after it. */
  post({ headers, body }: Post): Promise<Answer> {
    // Where the last socket is known to be closed, the request gets a new one, and is not on a kept connection.
    const hasSocket = !this.isOurs || this.#sockets.hasSockets
    if (!hasSocket) this.#openedAt = this.#clock.now()
    this.#isKept = hasSocket && this.#hasAnswered
    this.#isBusy = true
    this.#isLarge = body.byteLength > LARGE_BYTES
    this.#hasAnswer = false
    return new Promise((resolve) => {
      const collector = new AnswerCollector(this.#settings.maxResponseBytes, this.#answers, (answer) => {
        const isWhole = answer.end === 'whole'
        this.#hasAnswer = isWhole && !this.#answers.isEarly
        this.#hasAnswered = isWhole
        this.#isBusy = false
        this.#isSpent = hasBegun(answer) && (!isWhole || this.#answers.isEarly)
        // It would keep the body of the answer in memory until the next request.
        this.#current = undefined
        resolve(answer)
      })
      this.#current = collector
      try {
        this.#dispatcher.dispatch(
          {
            origin: this.#settings.endpoint.origin,
            path: this.#path,
            method: 'POST',
            headers: { ...this.#headers, ...headers },
            body,
            // Timers of single phases, off by up to 0.5 s; the deadline covers everything.
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          collector,
        )
      } catch (error) {
        // Treated as a failed connection, so that the next attempt has to wait.
        collector.fail(error as Error)
      }
    })
  }

  /** Ends an answer that is still being read; undefined if not even its status has come. The connection must not be used again. */
  giveUp(): Answer | undefined {
    return this.#current?.giveUp()
  }

  /** Whether the current request was given to a socket. */
  get isSent(): boolean {
    return this.#current?.isSent ?? false
  }

  /**
   * Whether nobody reads the last request body any more, so that its memory may be reused. An answer alone is not enough:
   * a backend may send it before it has read everything.
   */
  get isBodyFree(): boolean {
    return this.#hasAnswer && this.#seesSockets && this.#sockets.isDrained
  }

  /**
   * Whether it cannot carry another request and must be replaced at once: the last answer was not read to its end, or came
   * before the whole request was written, and the backend would take the rest for the next request. undici may not know
   * yet, and a request that it gets meanwhile confuses its agent: behind a proxy no later request finds a connection.
   */
  get isSpent(): boolean {
    return this.#isSpent
  }

  /** Whether the last request went to a socket that had answered an earlier one; that socket may have died meanwhile. */
  get isKept(): boolean {
    return this.isOurs ? this.#answers.isKept : this.#isKept
  }

  /** Whether not one byte has come since the last request began; true where that is not known. */
  get isSilent(): boolean {
    return !this.isOurs || this.#answers.isSilent
  }

  /**
   * Whether the connection may be dead: it was kept, and is silent. Never with a large request, which takes long on a slow
   * line; a second one beside it would take half of the bandwidth.
   */
  get isSuspect(): boolean {
    return this.isOurs && this.isKept && this.isSilent && !this.#isLarge
  }

  /** Whether the last request has not ended yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Whether the connection has reached its maximum age; the next request should get a new one. */
  get isOld(): boolean {
    return this.isOurs && this.#sockets.hasSockets && this.#clock.now() - this.#openedAt >= this.#maxAgeMillis
  }

  /** Whether its sockets are ours to close. Those of the application's dispatcher are not. */
  get isOurs(): boolean {
    return this.#settings.dispatcher === undefined
  }

  /** Frees everything at once, and resolves when the sockets are gone. Never undici's `close`, which waits for a hung request. */
  async destroy(): Promise<void> {
    if (!this.isOurs) {
      this.#current?.abort()
      return
    }
    const destroyed = this.#dispatcher.destroy(new Error('the connection is no longer wanted'))
    this.#sockets.destroyAll()
    await destroyed
  }

  /** A client that connects to the backend, or to a proxy that forwards; then `options` have no TLS in them. */
  #client(origin: string, options: ConnectorOptions): Dispatcher {
    return new Client(origin, { connect: this.#answers.watch(this.#connector(options)), ...this.#keeping })
  }

  #connector(options: ConnectorOptions): Connector {
    return this.#sockets.track(ownConnector({ ...options, ...this.#settings.socket }))
  }

  /** How long a connection is kept for the next request, and that it carries one at a time. */
  get #keeping() {
    return {
      pipelining: this.#settings.keepAlive ? 1 : 0,
      keepAliveTimeout: KEEP_ALIVE_MILLIS,
      keepAliveMaxTimeout: KEEP_ALIVE_MILLIS,
    }
  }

  /** A client that reaches the backend with TLS through a tunnel, which the proxy opens on CONNECT. */
  #tunnel(origin: string): Dispatcher {
    const { tls } = this.#settings
    const authorization = this.#settings.proxy?.authorization
    return new ProxyAgent({
      uri: origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      requestTls: { ...tls, allowH2: false, timeout: 0 } as buildConnector.BuildOptions,
      connections: 1,
      ...this.#keeping,
      // Not watched: the answer to CONNECT comes from the proxy, not from the backend.
      clientFactory: (proxy) => new TunnelClient(proxy.origin, { connect: this.#connector({}), ...this.#keeping }),
      factory: (target, options) => {
        const { connect, ...rest } = options as { connect: Connector }
        return new Client(target, { ...rest, connect: this.#answers.watch(withPlainErrors(connect)) })
      },
    })
  }
}

/** Whether anything of an answer was seen. Without that the connection may still carry one. */
function hasBegun({ seen }: Answer): boolean {
  return seen !== 'unsent' && seen !== 'silence'
}

function proxyHeaders({ proxy }: TransportSettings): Record<string, string> {
  return proxy?.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }
}
