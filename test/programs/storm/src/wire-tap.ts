// SPDX-License-Identifier: Apache-2.0
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { BroadcastChannel } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { decodeProtobuf } from '@spanring/sink'

/** Published by undici for each request that is about to be sent, by whichever copy of it. */
const CHANNEL = 'undici:request:create'

/** Calls back with the ids of the spans in each request that leaves; returns the call that ends it. */
export function tapRequests(onRequest: (spanIds: readonly string[]) => void): () => void {
  const onMessage = (message: unknown): void => {
    const { request } = message as { request: { body?: unknown } }
    if (request.body instanceof Uint8Array) onRequest(spanIdsIn(Buffer.from(request.body)))
  }
  subscribe(CHANNEL, onMessage)
  return () => void unsubscribe(CHANNEL, onMessage)
}

/** Passes on to every thread of this process what leaves from this one. */
export function tellRequests(): void {
  const threads = new BroadcastChannel(CHANNEL)
  threads.unref()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads of this process
  tapRequests((ids) => threads.postMessage(ids))
}

/** The same as {@link tapRequests} for the requests of a thread that tells them. They arrive a moment later. */
export function hearRequests(onRequest: (spanIds: readonly string[]) => void): () => void {
  const threads = new BroadcastChannel(CHANNEL)
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- older types of Node.js know no other
  threads.onmessage = (message) => onRequest((message as { data: string[] }).data)
  threads.unref()
  return () => threads.close()
}

function spanIdsIn(body: Buffer): string[] {
  const bytes = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body
  return decodeProtobuf(bytes).spans.map(({ spanId }) => spanId)
}
