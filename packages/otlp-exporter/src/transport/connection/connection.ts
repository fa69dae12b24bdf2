// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher, buildConnector } from 'undici'
import type { Clock } from '@spanring/core'
import type { Settings } from '../../config/settings.js'
import { AnswerWatch } from '../answer/answer-watch.js'
import { ownConnector } from './connector.js'
import { ResponseCollector } from '../answer/answer-collector.js'
import type { RawOutcome } from '../answer/answer-collector.js'
import { SocketTracker } from './socket-tracker.js'
import { withPlainErrors } from './tunnel-errors.js'
import { Client, ProxyAgent, TunnelClient } from './undici.js'

/** How long an idle connection is kept, in milliseconds, or for less if the backend says so: undici's 4 s would end between two batches. */
const KEEP_ALIVE_MILLIS = 30_000

/**
 * How long a connection is used at most, in milliseconds; each draws from the last fifth of it, so that those of a burst
 * do not all end at once. Behind an address of several backends one that is kept for ever never meets a backend that was
 * added, and one handshake in five minutes costs nothing that can be measured.
 */
const MAX_AGE = { millis: 300_000, jitter: 0.2 }

/** What may take longer to be read than to be answered, in bytes: some seconds at 300 kB/s. */
const LARGE_BYTES = 1024 * 1024

export interface Post {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * One client with at most one connection and one request, which belongs to nobody else: what hangs in it can be
 * destroyed without harm to another request. Opens no socket before the first request.
 */
export class Connection {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #sockets: SocketTracker
  readonly #answers = new AnswerWatch()
  readonly #dispatcher: Dispatcher
  readonly #headers: Readonly<Record<string, string>>
  readonly #path: string
  #current: ResponseCollector | undefined
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

  constructor(settings: Settings, clock: Clock, random: () => number) {
    this.#settings = settings
    this.#clock = clock
    this.#sockets = new SocketTracker(clock)
    this.#maxAgeMillis = MAX_AGE.millis * (1 - MAX_AGE.jitter * random())
    const { dispatcher, endpoint, proxy } = settings
    // A proxy takes plain HTTP requests by their whole URL; only TLS needs a tunnel, which many allow to port 443 alone.
    const isForwarded = dispatcher === undefined && proxy !== undefined && endpoint.origin.startsWith('http:')
    this.#path = isForwarded ? endpoint.origin + endpoint.path : endpoint.path
    this.#headers = isForwarded ? { host: new URL(endpoint.origin).host, ...proxyHeaders(settings) } : {}
    this.#seesSockets = dispatcher === undefined && (proxy === undefined || isForwarded)
    if (dispatcher !== undefined) this.#dispatcher = dispatcher
    else if (isForwarded) this.#dispatcher = this.#client(proxy.origin, {})
    else if (proxy !== undefined) this.#dispatcher = this.#tunnel(proxy.origin)
    else this.#dispatcher = this.#client(endpoint.origin, { ...settings.tls, socketPath: settings.socketPath })
  }

  /** Sends one request. Settles when undici does, which may be never: to be bounded by the caller, who then destroys this. */
  post({ headers, body }: Post): Promise<RawOutcome> {
    // A socket that is known to be gone is no such surprise: the request gets a new one, which tells how things are.
    const hasSocket = !this.isOurs || this.#sockets.hasSockets
    if (!hasSocket) this.#openedAt = this.#clock.now()
    this.#isKept = hasSocket && this.#hasAnswered
    this.#isBusy = true
    this.#isLarge = body.byteLength > LARGE_BYTES
    this.#hasAnswer = false
    return new Promise((resolve) => {
      const collector = new ResponseCollector(this.#settings.maxResponseBytes, this.#answers, (outcome) => {
        const isWhole = outcome.end === 'whole'
        this.#hasAnswer = isWhole && !this.#answers.isEarly
        this.#hasAnswered = isWhole
        this.#isBusy = false
        this.#isSpent = hasBegun(outcome) && (!isWhole || this.#answers.isEarly)
        // It would keep the answer until the next request.
        this.#current = undefined
        resolve(outcome)
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
            // Both are timers of a phase, off by 0.5 s; the deadline covers everything.
            headersTimeout: 0,
            bodyTimeout: 0,
          },
          collector,
        )
      } catch (error) {
        // As if the connection had failed: the next attempt has to wait.
        collector.fail(error as Error)
      }
    })
  }

  /** Ends an answer that is under way, with what was seen of it; undefined without a status. The connection is not to be used again. */
  giveUp(): RawOutcome | undefined {
    return this.#current?.giveUp()
  }

  /** Whether the request that is under way was given to a socket. */
  get isSent(): boolean {
    return this.#current?.isSent ?? false
  }

  /**
   * Whether nobody reads the last body any more, so that its memory may be written to. An answer alone does not say so: a
   * backend may give it before it has read everything.
   */
  get isBodyFree(): boolean {
    return this.#hasAnswer && this.#seesSockets && this.#sockets.isDrained
  }

  /**
   * Whether it cannot carry another request: the last answer was not read to its end, or came before the request was
   * wholly written, of which the rest would be taken for the next one. To be replaced at once. undici may not know yet, and
   * a request that it is given meanwhile confuses its agent: behind a proxy none of the later ones finds a connection.
   */
  get isSpent(): boolean {
    return this.#isSpent
  }

  /** Whether the last request was given to a socket that had answered one before; it may have been forgotten or closed meanwhile. */
  get isKept(): boolean {
    return this.isOurs ? this.#answers.isKept : this.#isKept
  }

  /** Whether not a byte has come since the last request was given to it; true where that is not known. */
  get isSilent(): boolean {
    return !this.isOurs || this.#answers.isSilent
  }

  /**
   * Whether it may lead nowhere: it was kept, and is silent. Not if the request is large, which may take its time on a slow
   * line; a second one beside it would take half of that.
   */
  get isSuspect(): boolean {
    return this.isOurs && this.isKept && this.isSilent && !this.#isLarge
  }

  /** Whether the last request has no outcome yet. */
  get isBusy(): boolean {
    return this.#isBusy
  }

  /** Whether it was used long enough, so that the next request is to have a new one. */
  get isOld(): boolean {
    return this.isOurs && this.#sockets.hasSockets && this.#clock.now() - this.#openedAt >= this.#maxAgeMillis
  }

  /** Whether its sockets are ours to close; those of the application's dispatcher are not. */
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

  /** The options of TLS are for the backend alone; a proxy is verified as Node.js does it. */
  #client(origin: string, options: ConnectorOptions): Dispatcher {
    return new Client(origin, { connect: this.#answers.watch(this.#connector(options)), ...this.#keeping })
  }

  #connector(options: ConnectorOptions): Connector {
    return this.#sockets.track(ownConnector({ ...options, ...this.#settings.socket }))
  }

  /** How long a connection is kept for the next request, and that it has one at a time. */
  get #keeping() {
    return {
      pipelining: this.#settings.keepAlive ? 1 : 0,
      keepAliveTimeout: KEEP_ALIVE_MILLIS,
      keepAliveMaxTimeout: KEEP_ALIVE_MILLIS,
    }
  }

  /** TLS through a proxy. */
  #tunnel(origin: string): Dispatcher {
    const { tls } = this.#settings
    const authorization = this.#settings.proxy?.authorization
    return new ProxyAgent({
      uri: origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      requestTls: { ...tls, allowH2: false, timeout: 0 } as buildConnector.BuildOptions,
      connections: 1,
      ...this.#keeping,
      // Not watched: what the proxy answers to CONNECT is not the answer of the backend.
      clientFactory: (proxy) => new TunnelClient(proxy.origin, { connect: this.#connector({}), ...this.#keeping }),
      factory: (target, options) => {
        const { connect, ...rest } = options as { connect: Connector }
        return new Client(target, { ...rest, connect: this.#answers.watch(withPlainErrors(connect)) })
      },
    })
  }
}

type Connector = buildConnector.connector
type ConnectorOptions = Parameters<typeof ownConnector>[0]

/** Whether anything of an answer was seen; without that it is another question what became of the connection. */
function hasBegun({ seen }: RawOutcome): boolean {
  return seen !== 'unsent' && seen !== 'silence'
}

function proxyHeaders({ proxy }: Settings): Record<string, string> {
  return proxy?.authorization === undefined ? {} : { 'proxy-authorization': proxy.authorization }
}
