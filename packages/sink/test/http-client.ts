// SPDX-License-Identifier: Apache-2.0
import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Sending {
  readonly headers?: Record<string, string>
  readonly method?: string
  readonly agent?: Agent
  readonly signal?: AbortSignal
  /** Called when status and headers are there. */
  readonly onHeaders?: (status: number) => void
}

/** One request over a connection of its own; rejects when the connection breaks before the answer is whole. */
export async function send(url: string, body: Uint8Array | string, sending: Sending = {}): Promise<Answer> {
  const { method = 'POST', agent, signal, onHeaders } = sending
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-length': String(Buffer.byteLength(body)),
    ...sending.headers,
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: agent ?? false, ...(signal && { signal }) }, (response) => {
      const chunks: Buffer[] = []
      onHeaders?.(response.statusCode ?? 0)
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export async function sendJson(url: string, json: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(url, typeof json === 'string' ? json : JSON.stringify(json), {
    headers: { 'content-type': 'application/json', ...headers },
  })
}
