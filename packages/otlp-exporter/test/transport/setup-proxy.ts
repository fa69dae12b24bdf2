// SPDX-License-Identifier: Apache-2.0
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { leadOn, listen } from '@spanring/test-kit/servers'

export interface ProxyRequest {
  readonly line: string
  readonly authorization: string | undefined
  readonly key: string | undefined
}

/**
 * A proxy that knows every host name as this machine, and keeps its requests. It answers CONNECT with `connectStatus`, or
 * hangs up if that is 0. Closed when the test is over.
 */
export async function setupProxy(targetPort: number, connectStatus = 200) {
  const asked: ProxyRequest[] = []
  /** Where tunnels come from. */
  const tunnels: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const note = (request: IncomingMessage): void => {
    const { 'proxy-authorization': authorization, 'x-key': key } = request.headers as Record<string, string | undefined>
    asked.push({ line: `${request.method} ${request.url}`, authorization, key })
  }
  const proxy = createServer((request, response) => {
    note(request)
    const { pathname } = new URL(request.url as string)
    const onward = httpRequest({ port: targetPort, host: '127.0.0.1', path: pathname, method: 'POST', headers: request.headers })
    onward.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode as number, answer.headers)))
    request.pipe(onward)
  })
  proxy.on('connect', (request, socket: Socket) => {
    note(request)
    tunnels.push(socket.remoteAddress)
    if (connectStatus === 0) {
      socket.destroy()
      return
    }
    socket.write(`HTTP/1.1 ${connectStatus} so\r\n\r\n`)
    if (connectStatus === 200) leadOn(socket, targetPort)
  })
  proxy.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  const port = await listen(proxy)
  return { asked, tunnels, sockets, port, url: `http://127.0.0.1:${port}` }
}
