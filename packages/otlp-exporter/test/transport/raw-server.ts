// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import type { Certificate } from './certificates.js'

/** What to do to the connection when a request has been read: bytes to write, and an end. */
export interface RawAnswer {
  /** Written one after the other, each in a turn of its own. */
  readonly chunks: readonly (string | Uint8Array)[]
  /** Then: leave the connection open, end it, or break it. */
  readonly then?: 'end' | 'reset'
  /** Answers at the first byte of a request, which is then not read. */
  readonly isEarly?: boolean
}

export const HEALTHY: RawAnswer = { chunks: ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'] }

/**
 * A server that knows as much of HTTP as it takes to see where a request ends, and answers with bytes of the test's
 * choice: one answer a request, the last one for all that follow. Closed when the test is over.
 */
export async function setupRawServer(options: { tls?: Certificate; socketPath?: string } = {}) {
  const state = { connections: 0, open: 0, answers: [HEALTHY] as RawAnswer[], requests: [] as string[] }
  const serve = (socket: Socket): void => {
    state.connections += 1
    state.open += 1
    let pieces: Buffer[] = []
    socket.on('error', () => {})
    socket.on('close', () => void (state.open -= 1))
    socket.on('data', (chunk) => {
      pieces.push(chunk)
      const answer = (state.answers.length > 1 ? state.answers[0] : state.answers.at(-1)) as RawAnswer
      // The client writes its head at once.
      const [start = chunk] = pieces
      const head = start.indexOf('\r\n\r\n') + 4
      const length = Number(/content-length: (\d+)/i.exec(start.subarray(0, head).toString('latin1'))?.[1] ?? 0)
      const read = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0)
      if (answer.isEarly) socket.pause()
      else if (head < 4 || read < head + length) return
      state.requests.push(start.subarray(0, head).toString('latin1'))
      pieces = []
      if (state.answers.length > 1) state.answers.shift()
      void give(socket, answer)
    })
  }
  const { tls, socketPath } = options
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer({ cert: tls.cert, key: tls.key }, serve)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  /** From then on nobody listens. */
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  onTestFinished(close)
  const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0
  return { state, port, close, url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}/v1/traces` }
}

async function give(socket: Socket, { chunks, then }: RawAnswer): Promise<void> {
  for (const chunk of chunks) {
    socket.write(chunk)
    // oxlint-disable-next-line no-await-in-loop -- so that each arrives by itself
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (then === 'end') socket.end()
  if (then === 'reset') socket.destroy()
}
