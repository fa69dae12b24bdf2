// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Closes what is being opened when the test is over. */
export async function closeAfterTest<T extends { close(): unknown }>(opening: Promise<T>): Promise<T> {
  const opened = await opening
  onTestFinished(async () => {
    await opened.close()
  })
  return opened
}

/** Listens on a port of this machine until the test is over; then its connections are broken as well. Gives the port. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('close', () => sockets.delete(socket))))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
export async function closedPort(host = '127.0.0.1'): Promise<number> {
  const server = createServer()
  await once(server.listen(0, host), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Leads a connection on to a port of this machine, until one of its two ends is gone. */
export function leadOn(socket: Socket, port: number): Socket {
  const onward = connect(port, '127.0.0.1')
  socket.on('error', () => {}).on('close', () => onward.destroy())
  onward.on('error', () => {}).on('close', () => socket.destroy())
  socket.pipe(onward).pipe(socket)
  return onward
}
