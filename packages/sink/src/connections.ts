// SPDX-License-Identifier: Apache-2.0
import type { Server, Socket } from 'node:net'

/** Counts the connections of several servers, and can destroy them all. */
export class Connections {
  readonly #open = new Set<Socket>()
  #opened = 0
  #closedBytes = 0
  #bytesBeforeReset = 0

  track(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#opened++
      this.#open.add(socket)
      socket.once('close', () => {
        this.#open.delete(socket)
        this.#closedBytes += socket.bytesRead
      })
    })
  }

  get opened(): number {
    return this.#opened
  }

  get openCount(): number {
    return this.#open.size
  }

  get bytesRead(): number {
    return this.#allBytes() - this.#bytesBeforeReset
  }

  reset(): void {
    this.#opened = 0
    this.#bytesBeforeReset = this.#allBytes()
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  #allBytes(): number {
    let bytes = this.#closedBytes
    for (const socket of this.#open) bytes += socket.bytesRead
    return bytes
  }
}
