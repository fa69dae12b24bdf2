// SPDX-License-Identifier: Apache-2.0
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { gunzipSync } from 'node:zlib'

/** Published by undici for each request that is about to be sent, by whichever copy of it. */
const CHANNEL = 'undici:request:create'

/** A trace id as a field of a span (field 1, 16 bytes), with the key of the span id behind it (field 2, 8 bytes). */
const TRACE_ID_KEY = Buffer.from([0x0a, 0x10])
const SPAN_ID_KEY = Buffer.from([0x12, 0x08])

/** Calls back with the id of the first span in each request that leaves; returns the call that ends it. */
export function tapRequests(onRequest: (firstSpanId: string) => void): () => void {
  const onMessage = (message: unknown): void => {
    const { request } = message as { request: { body?: unknown } }
    if (request.body instanceof Uint8Array) onRequest(firstSpanIdOf(Buffer.from(request.body)))
  }
  subscribe(CHANNEL, onMessage)
  return () => void unsubscribe(CHANNEL, onMessage)
}

function firstSpanIdOf(body: Buffer): string {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body
  for (let at = bytes.indexOf(TRACE_ID_KEY); at !== -1; at = bytes.indexOf(TRACE_ID_KEY, at + 1)) {
    const key = at + TRACE_ID_KEY.length + 16
    if (bytes.subarray(key, key + 2).equals(SPAN_ID_KEY)) return bytes.subarray(key + 2, key + 10).toString('hex')
  }
  return 'none'
}
