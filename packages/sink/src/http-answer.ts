// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from 'node:http'
import { type OtlpEncoding, errorResponse, exportResponse } from './otlp/export-response.js'
import { pause } from './pause.js'
import type { Reply } from './reply.js'

const contentTypes: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/**
 * Answers one request as the reply says. Calls `answered` right before the status is sent. For a sender only the status
 * matters, so a body that is cut short or never ends makes no difference.
 */
export async function httpAnswer(
  response: ServerResponse,
  encoding: OtlpEncoding,
  reply: Reply,
  answered: (status: number) => void,
): Promise<void> {
  await pause(reply.delayMillis ?? 0, response, 'close')
  if (response.destroyed) return
  switch (reply.fault) {
    case 'never':
    case 'cut-in-request':
      return
    case 'cut-before-headers':
      response.destroy()
      return
    case 'cut-after-headers':
      cutAfterHeaders(response, encoding, reply, answered)
      return
    case 'drip':
      await drip(response, encoding, reply, answered)
      return
    case undefined: {
      const body = bodyOf(encoding, reply)
      sendHeaders(response, encoding, reply, body.length, answered)
      response.end(body)
    }
  }
}

async function drip(
  response: ServerResponse,
  encoding: OtlpEncoding,
  reply: Reply,
  answered: (status: number) => void,
): Promise<void> {
  const body = saysBody(reply) ? bodyOf(encoding, reply) : Buffer.alloc(reply.dripBytes ?? 1_000_000, ' ')
  sendHeaders(response, encoding, reply, body.length, answered)
  response.flushHeaders()
  for (let at = 0; at < body.length && !response.destroyed; at++) {
    // oxlint-disable-next-line no-await-in-loop -- sends one byte after the other
    await pause(reply.dripEveryMillis ?? 50, response, 'close')
    if (at < body.length - 1 && !response.destroyed) response.write(body.subarray(at, at + 1))
  }
  if (!response.destroyed) response.end(body.subarray(-1))
}

function cutAfterHeaders(
  response: ServerResponse,
  encoding: OtlpEncoding,
  reply: Reply,
  answered: (status: number) => void,
): void {
  const scripted = bodyOf(encoding, reply)
  // A healthy answer in protobuf is empty, so there would be no body to cut.
  const body = scripted.length > 1 ? scripted : Buffer.alloc(64, ' ')
  sendHeaders(response, encoding, reply, body.length, answered)
  response.write(body.subarray(0, body.length / 2), () => response.destroy())
}

function sendHeaders(
  response: ServerResponse,
  encoding: OtlpEncoding,
  reply: Reply,
  length: number,
  answered: (status: number) => void,
): void {
  const { status = 200 } = reply
  answered(status)
  response.writeHead(status, {
    'content-type': contentTypes[encoding],
    'content-length': String(length),
    ...lowerCased(reply.headers ?? {}),
  })
}

function bodyOf(encoding: OtlpEncoding, reply: Reply): Uint8Array {
  const { status = 200, body, bodyBytes } = reply
  if (body !== undefined) return Buffer.from(body)
  if (bodyBytes !== undefined) return Buffer.alloc(bodyBytes, ' ')
  if (status < 300) return exportResponse(encoding, reply.partialSuccess)
  return errorResponse(encoding, status, `the sink was told to answer ${status}`)
}

function saysBody(reply: Reply): boolean {
  return reply.body !== undefined || reply.bodyBytes !== undefined
}

/** With lower-case names, a reply can replace our content-type, however it spells the name. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
