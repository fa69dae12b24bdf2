// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from './otlp/received-span.js'
import type { Reply } from './reply.js'
import type { SinkOptions } from './sink-options.js'
import type { SinkStats } from './sink-stats.js'

/** The calls that a parent can make. 'start' comes first. */
export type ForkRequest =
  | { readonly method: 'start'; readonly args: readonly [SinkOptions] }
  | { readonly method: 'script'; readonly args: readonly Reply[] }
  | { readonly method: 'waitForSpans'; readonly args: readonly [count: number, timeoutMillis?: number] }
  | { readonly method: 'spans' | 'stats' | 'stopListening' | 'listenAgain' | 'reset' | 'close'; readonly args: readonly [] }

export type ForkCall = ForkRequest & { readonly id: number }

/** A message from the child. A large number of spans comes in parts, before the message that ends the call. */
export type ForkAnswer =
  | { readonly id: number; readonly part: readonly ReceivedSpan[] }
  | { readonly id: number; readonly result: ForkResult }
  | { readonly id: number; readonly error: string; readonly errorName: string }

export interface ForkResult {
  readonly addresses?: ForkAddresses
  readonly stats?: SinkStats
}

export interface ForkAddresses {
  readonly url: string
  readonly origin: string
  readonly grpcUrl: string | undefined
}
