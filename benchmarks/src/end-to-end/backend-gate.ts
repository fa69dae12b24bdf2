// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** How long a connection is held before it is reset, so that several at once would be seen, in milliseconds. */
const HOLD_MILLIS = 20

export interface OutageFigures {
  readonly attempts: number
  /** Connections at the same time, at most, from the moment on when the first had been turned away. */
  readonly mostAtOnce: number
}

/** Stands before the receiver and lets connections through, or turns each away and counts how many were there at once. */
export class BackendGate {
  /** When the first answer came back after the gate was opened, on the clock of this process. */
  firstAnswerAt: number | undefined
  readonly #target: URL
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true
  #attempts = 0
  #turnedAway = 0
  #held = 0
  #mostHeld = 0

  constructor(target: string) {
    this.#target = new URL(target)
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Returns the address of the gate, with the path of the receiver. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}${this.#target.pathname}`
  }

  shut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  open(): OutageFigures {
    this.#isOpen = true
    this.firstAnswerAt = undefined
    return { attempts: this.#attempts, mostAtOnce: this.#mostHeld }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket))
    if (this.#isOpen) this.#pass(socket)
    else this.#turnAway(socket)
  }

  #pass(socket: Socket): void {
    const onward = connect(Number(this.#target.port), this.#target.hostname)
    this.#sockets.add(onward)
    onward
      .on('error', () => {})
      .on('data', () => (this.firstAnswerAt ??= performance.now()))
      .once('close', () => this.#sockets.delete(onward))
      .once('close', () => socket.destroy())
    socket.once('close', () => onward.destroy())
    socket.setNoDelay().pipe(onward.setNoDelay()).pipe(socket)
  }

  #turnAway(socket: Socket): void {
    this.#attempts++
    this.#held++
    if (this.#turnedAway > 0) this.#mostHeld = Math.max(this.#mostHeld, this.#held)
    socket.once('close', () => {
      this.#held--
      this.#turnedAway++
    })
    // Read, so that a sender which hangs up first is seen to be gone.
    socket.resume()
    setTimeout(() => socket.resetAndDestroy(), HOLD_MILLIS)
  }
}
