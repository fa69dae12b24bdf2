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
 * How long an idle connection is kept open, in milliseconds, unless the backend asks for less. undici's default of 4 s is
 * shorter than the pause between two batches.
 */
const KEEP_ALIVE_MILLIS = 30_000

/**
 * The maximum age of a connection, in milliseconds. Each connection draws its age limit at random from the last fifth of that
 * time, so that the connections of a burst do not all end at once. Without a limit, connections to an address that stands for
 * several backends would never reach a backend that was added later. One handshake in five minutes has no measurable cost.
 */
const MAX_AGE = { millis: 300_000, jitter: 0.2 }

/** Above this size, in bytes, sending may take longer than waiting for the answer: several seconds at 300 kB/s. */
const LARGE_BYTES = 1024 * 1024

export interface Post {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * One client with at most one socket and one request. It is not shared, so whatever hangs in it can be destroyed without
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
  #isReused = false
  #isBusy = false
  #isLarge = false

  constructor(settings: TransportSettings, clock: Clock, random: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#sockets = new SocketTracker(clock)
    this.#maxAgeMillis = MAX_AGE.millis * (1 - MAX_AGE.jitter * random())
    const { dispatcher, endpoint, proxy } = settings
    // A proxy forwards plain HTTP requests by their full URL. Only TLS needs a tunnel; many proxies allow those only to port 443.
    const isForwarded = dispatcher === undefined && proxy !== undefined && endpoint.origin.startsWith('http:')
    this.#path = isForwarded ? endpoint.origin + endpoint.path : endpoint.path
    this.#headers = isForwarded ? { host: new URL(endpoint.origin).host, ...proxyHeaders(settings) } : {}
    this.#seesSockets = dispatcher === undefined && (proxy === undefined || isForwarded)
    if (dispatcher !== undefined) this.#dispatcher = dispatcher
    else if (isForwarded) this.#dispatcher = this.#client(proxy.origin, {})
    else if (proxy !== undefined) this.#dispatcher = this.#tunnel(proxy.origin)
    else this.#dispatcher = this.#client(endpoint.origin, { ...settings.tls, socketPath: settings.socketPath })
  }

  /**
   * Sends one request. Settles when undici does, which may be never: the caller sets a bound and then destroys this. A probe of a
   * backend that is down has less time to connect.
   */
  post({ headers, body }: Post, isProbe: boolean): Promise<Answer> {
    // If the last socket is known to be closed, the request gets a new one, so it is not on a reused connection.
    const hasSocket = !this.isOurs || this.#sockets.hasSockets
    if (!hasSocket) this.#openedAt = this.#clock.now()
    this.#isReused = hasSocket && this.#hasAnswered
    this.#sockets.isProbe = isProbe
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
        // The collector would keep the body of the answer in memory until the next request.
        this.#current = undefined
        resolve(answer.seen === 'unsent' && this.isUnreached ? { ...answer, seen: 'unreached' } : answer)
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
            // undici's timers cover single phases and are off by up to 0.5 s. Our deadline covers everything.
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          collector,
        )
      } catch (error) {
        // This counts as a failed connection, so that the next attempt has to wait.
        collector.fail(error as Error)
      }
    })
  }

  /** Ends an answer that is still being read. Undefined if not even its status has arrived. Do not use the connection again. */
  giveUp(): Answer | undefined {
    return this.#current?.giveUp()
  }

  /** Whether the current request was given to a socket. */
  get isSent(): boolean {
    return this.#current?.isSent ?? false
  }

  /** Whether no connection came about for the current request, or not yet. True of an unsent one if that is not known. */
  get isUnreached(): boolean {
    return !this.isSent && (!this.isOurs || this.#sockets.isUnreached)
  }

  /**
   * Whether the last request body is no longer being read, so that its memory may be reused. An answer alone does not prove
   * that: a backend may send it before it has read everything.
   */
  get isBodyFree(): boolean {
    return this.#hasAnswer && this.#seesSockets && this.#sockets.isDrained
  }

  /**
   * Whether the connection cannot carry another request and must be replaced at once. Either the last answer was not read to
   * its end, or it came before the whole request was written. In that case the backend would take the rest for the next
   * request. undici may not have noticed yet. A request that it gets meanwhile confuses its agent, and behind a proxy no later
   * request finds a connection.
   */
  get isSpent(): boolean {
    return this.#isSpent
  }

  /** Whether the last request went to a socket that had answered an earlier one. That socket may have died meanwhile. */
  get isReused(): boolean {
    return this.isOurs ? this.#answers.isReused : this.#isReused
  }

  /** Whether no byte has arrived since the last request began. True if that is not known. */
  get isSilent(): boolean {
    return !this.isOurs || this.#answers.isSilent
  }

  /**
   * Whether the connection may be dead: it was reused and is silent. Never true for a large request, which takes long on a
   * slow line: sending it a second time would take half of the bandwidth.
   */
  get isSuspect(): boolean {
    return this.isOurs && this.isReused && this.isSilent && !this.#isLarge
  }

  /** Whether the last request has not ended yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Whether the connection has reached its maximum age; the next request should get a new one. */
  get isOld(): boolean {
    return this.isOurs && this.#sockets.hasSockets && this.#clock.now() - this.#openedAt >= this.#maxAgeMillis
  }

  /** Whether its sockets are ours to close. The sockets of the application's dispatcher are not. */
  get isOurs(): boolean {
    return this.#settings.dispatcher === undefined
  }

  /** Frees everything at once, and resolves when the sockets are gone. undici's `close` would wait for a request that hangs. */
  async destroy(): Promise<void> {
    if (!this.isOurs) {
      this.#current?.abort()
      return
    }
    const destroyed = this.#dispatcher.destroy(new Error('the connection is no longer needed'))
    this.#sockets.destroyAll()
    await destroyed
  }

  /** A client that connects to the backend, or to a proxy that forwards. For a proxy, `options` contain no TLS options. */
  #client(origin: string, options: ConnectorOptions): Dispatcher {
    return new Client(origin, { connect: this.#answers.watch(this.#connector(options)), ...this.#clientOptions })
  }

  #connector(options: ConnectorOptions): Connector {
    return this.#sockets.track(ownConnector({ ...options, ...this.#settings.socket }))
  }

  /** A connection carries one request at a time, and is kept open for the next one. */
  get #clientOptions() {
    return {
      pipelining: this.#settings.keepAlive ? 1 : 0,
      keepAliveTimeout: KEEP_ALIVE_MILLIS,
      keepAliveMaxTimeout: KEEP_ALIVE_MILLIS,
    }
  }

  /** A client that reaches the backend over TLS, through a tunnel that the proxy opens on CONNECT. */
  #tunnel(origin: string): Dispatcher {
    const { tls } = this.#settings
    const authorization = this.#settings.proxy?.authorization
    return new ProxyAgent({
      uri: origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      requestTls: { ...tls, allowH2: false, timeout: 0 } as buildConnector.BuildOptions,
      connections: 1,
      ...this.#clientOptions,
      // Not watched: the answer to CONNECT comes from the proxy, not from the backend.
      clientFactory: (proxy) => new TunnelClient(proxy.origin, { connect: this.#connector({}), ...this.#clientOptions }),
      factory: (target, options) => {
        const { connect, ...rest } = options as { connect: Connector }
        return new Client(target, { ...rest, connect: this.#answers.watch(withPlainErrors(connect)) })
      },
    })
  }
}

/** What a slot needs of a connection. */
export type SlotConnection = Pick<Connection, keyof Connection>
/** Makes a connection. It opens no socket before the first request. */
export type OpenConnection = (settings: TransportSettings, clock: Clock, random: () => number) => SlotConnection

/** Whether anything of an answer was seen. If not, the connection may still be able to carry one. */
function hasBegun({ seen }: Answer): boolean {
  return seen !== 'unreached' && seen !== 'unsent' && seen !== 'silence'
}

function proxyHeaders({ proxy }: TransportSettings): Record<string, string> {
  return proxy?.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }
}
