// SPDX-License-Identifier: Apache-2.0
import type { SettledStored } from '../span-batch.js'
import type { FailureReason } from '../transport/exporter-error.js'
import type { BackendChange } from '../transport/retry/backend.js'
import type { InheritedOutcome } from '../transport/store/request-spool.js'
import type { HeaderTexts } from '../transport/transport-settings.js'
import type { NetworkDefaults, ThreadSettings } from './crossing.js'

/*
 * What the two threads tell each other outside the rings: what is rare, or has no fixed size. A message that was posted before a
 * slab was put into a ring can be received as soon as the slab can be taken, with `receiveMessageOnPort`.
 */

/** Wakes the other thread: the ring that it reads is no longer empty. */
export const BELL = 0

export type ToThread =
  | typeof BELL
  /** The first message. Not in `workerData`, which debuggers and reports show: it contains the headers. */
  | {
      readonly type: 'start'
      readonly settings: ThreadSettings
      readonly network: NetworkDefaults
      readonly postedAt: number
      readonly formerOwner: string | undefined
      /** Whether a function of the application makes the headers. */
      readonly asksForHeaders: boolean
    }
  /** A slab that the thread does not know yet. */
  | { readonly type: 'slab'; readonly number: number; readonly memory: SharedArrayBuffer }
  /** A slab that will not be handed over again. */
  | { readonly type: 'forget'; readonly number: number }
  /** The headers of a batch that is handed over next. */
  | { readonly type: 'headers'; readonly id: number; readonly values: HeaderTexts }
  /** The answer to `ask-headers`; undefined if there are none. */
  | { readonly type: 'asked-headers'; readonly id: number; readonly values: HeaderTexts | undefined }
  /** The outcome of the batch is no longer awaited. */
  | { readonly type: 'abort'; readonly id: number }
  /** The batch makes its last attempt; without `id`, every batch does. */
  | { readonly type: 'closing'; readonly id?: number }
  /** The stored spans of these batches make their last attempt. */
  | { readonly type: 'stored-closing'; readonly group: number }
  /** The same for all of them, since the exporter shuts down. */
  | { readonly type: 'stored-shutdown' }
  | { readonly type: 'shutdown'; readonly remainingMillis: number }
  /** The process ends now: what has no outcome is put on disk, whatever it waits for. */
  | { readonly type: 'keep-now' }

export type FromThread =
  | typeof BELL
  /** `spoolOwner` names what it writes to disk; undefined without a spool. */
  | { readonly type: 'ready'; readonly spoolOwner?: string | undefined }
  /** Why spans of a batch failed. Its slab is given back next. */
  | ({ readonly type: 'failure'; readonly id: number } & BatchFailure)
  /** What has become of stored spans of a batch, whose slab was given back before. */
  | { readonly type: 'stored'; readonly id: number; readonly outcome: StoredMessage }
  /** A stored request is to be sent, and a function of the application makes the headers. */
  | { readonly type: 'ask-headers'; readonly id: number }
  | { readonly type: 'inherited'; readonly outcome: InheritedOutcome }
  | { readonly type: 'backend'; readonly change: BackendChange }
  | { readonly type: 'warning'; readonly text: string }
  /** Every batch has its outcome, and every connection is closed. */
  | { readonly type: 'closed' }

/** What has become of stored spans; an error as a message can carry it. */
export type StoredMessage = Omit<SettledStored, 'error'> & { readonly error: BatchFailure['error'] }

export interface BatchFailure {
  readonly failed: Readonly<Record<string, number>>
  readonly errorType: string | undefined
  readonly error:
    | {
        readonly code: FailureReason
        readonly message: string
        readonly statusCode: number | undefined
        readonly data: string | undefined
      }
    | undefined
}

/** What the thread gets when it is created. Nothing in it is secret. */
export interface ThreadData {
  readonly port: import('node:worker_threads').MessagePort
  /** The control block. */
  readonly memory: SharedArrayBuffer
  /** How many slabs its rings have room for. */
  readonly slabCount: number
}
