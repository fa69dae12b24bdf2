// SPDX-License-Identifier: Apache-2.0
import type { Answer, Seen } from '../../../../packages/otlp-exporter/src/transport/answer/answer.js'
import type { Post } from '../../../../packages/otlp-exporter/src/transport/connection/connection.js'
import type { RequestRecord } from './backend.js'

/** One end of a connection. */
export interface Socket {
  /** Whether it has answered a request. */
  hasAnswered: boolean
  /** `closed`: the other end has closed it, which is not known here. `forgotten`: it stays silent. */
  state: 'open' | 'closed' | 'forgotten'
}

/** One request and what has been seen of its answer. */
export interface Exchange {
  readonly post: Post
  /** The body as it was when it was given to the socket. */
  copy: Buffer
  readonly settle: (answer: Answer) => void
  record: RequestRecord | undefined
  seen: Seen
  headers: Readonly<Record<string, string>>
  bytesRead: number
  isReused: boolean
  isEarly: boolean
  isSettled: boolean
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

export function beginExchange(post: Post, settle: (answer: Answer) => void, isReused: boolean): Exchange {
  const nothing = { record: undefined, seen: 'unsent', headers: {}, bytesRead: 0 } as const
  return { ...nothing, post, copy: NO_BYTES, settle, isReused, isEarly: false, isSettled: false }
}
