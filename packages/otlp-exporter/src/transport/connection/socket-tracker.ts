// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { Duplex } from 'node:stream'
import type { Connector } from './connector.js'
import { nextQuietAt } from './quiet-time.js'

/**
 * How long connecting may take, including the TLS handshake, in milliseconds. After that the attempt has failed like any
 * other. Without this limit, a single black hole would use up the whole deadline, and a backend that is back would only be
 * found by the kernel's next SYN.
 */
const CONNECT_LIMIT_MILLIS = 5000
/** A probe of a backend that is down may take, without TLS, until the next quiet time that is at least this far away. */
const LEAST_PROBE_MILLIS = 1000

/**
 * Makes connectors whose sockets are known as soon as they exist. When undici destroys a client, it forgets a socket that is
 * still connecting and one that a proxy agent has handed on. Both would outlive the deadline.
 */
export class SocketTracker {
  readonly #clock: Clock
  readonly #sockets = new Set<Duplex>()
  #isDestroyed = false
  #isUnreached = false
  /** Whether the next socket is one of a probe. */
  isProbe = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  track(connector: Connector): Connector {
    return (options, callback) => {
      // undici declares that connectors return nothing; they return the socket.
      const socket = connector(options, callback) as unknown as Duplex
      if (this.#isDestroyed) {
        socket.destroy(new Error('the connection is no longer needed'))
        return socket as unknown as void
      }
      this.#sockets.add(socket)
      this.#isUnreached = true
      const reached = (): void => void (this.#isUnreached = false)
      socket.once('connect', reached)
      // A connection that is accepted and broken at once may be reported like this, without `connect`. undici must not hear it first.
      socket.prependListener('error', ({ code }: NodeJS.ErrnoException) => {
        if (code === 'ECONNRESET' || code === 'EPIPE') reached()
      })
      // undici removes its listeners from a socket that it hands on. An error without a listener would be an uncaught exception.
      socket.on('error', () => {})
      const stopTimer = this.#limit(socket, CONNECT_LIMIT_MILLIS)
      const now = this.#clock.now()
      const stopProbeTimer = this.isProbe ? this.#limit(socket, nextQuietAt(now, LEAST_PROBE_MILLIS) - now) : (): void => {}
      socket.once('connect', stopProbeTimer)
      socket.once(options.protocol === 'https:' ? 'secureConnect' : 'connect', stopTimer)
      socket.once('close', () => {
        stopProbeTimer()
        stopTimer()
        this.#sockets.delete(socket)
      })
      return socket as unknown as void
    }
  }

  #limit(socket: Duplex, millis: number): () => void {
    const timer = this.#clock.startTimer(() => socket.destroy(new Error(`no connection within ${Math.round(millis)} ms`)), millis)
    return () => this.#clock.stopTimer(timer)
  }

  /** Whether the newest socket has not reached the other end, or not yet. What TLS does from then on does not matter. */
  get isUnreached(): boolean {
    return this.#isUnreached
  }

  get hasSockets(): boolean {
    return this.#sockets.size > 0
  }

  /** Whether the kernel has taken everything that was written. */
  get isDrained(): boolean {
    for (const socket of this.#sockets) if (socket.writableLength > 0) return false
    return true
  }

  destroyAll(): void {
    this.#isDestroyed = true
    for (const socket of this.#sockets) socket.destroy(new Error('the connection is no longer needed'))
  }
}
