// SPDX-License-Identifier: Apache-2.0
import * as zlib from 'node:zlib'
import { SPOOL, bounded } from '@spanring/core'
import type { Bound } from '@spanring/core'
import type { BatchTally } from '../batch-tally.js'
import type { TransportClock } from '../clock.js'
import type { Failure } from '../exporter-error.js'
import type { Operation } from '../operation.js'
import { BodyCompressor } from '../request/body-compressor.js'
import { warn } from '../../warn.js'
import type { TransportSettings } from '../transport-settings.js'
import { RequestSpool } from './request-spool.js'
import type { RequestSpoolParts } from './request-spool.js'
import { RequestStore } from './request-store.js'
import { StoreDrain } from './store-drain.js'
import { StoredRequestSender } from './stored-request-sender.js'
import type { StoredRequestSenderParts } from './stored-request-sender.js'

/** Without a spool, an outage is waited out in the requests themselves for so long, in milliseconds. Most are shorter. */
const STORE_AFTER_MILLIS = 1000
/** The share of connections that stored requests may use, so that live ones need not wait for theirs; and the most. */
const CONNECTIONS = { share: 0.5, most: 8 }
/** How long `close` waits for what is written to disk, in milliseconds. */
const WRITE_MILLIS = 1000

const SHUT_DOWN: Failure = { reason: 'shutdown', status: undefined, message: 'the exporter was shut down first' }

export interface StoredRequestsParts extends StoredRequestSenderParts {
  readonly tallyOf: (spanCount: number) => BatchTally
  readonly spool: RequestSpoolParts['spool']
  readonly onInherited: RequestSpoolParts['onInherited']
}

/** Everything that waits until the backend is back. */
export class StoredRequests {
  readonly store: RequestStore
  readonly #clock: TransportClock
  readonly #spool: RequestSpool | undefined = undefined
  readonly #drain: StoreDrain
  /** Settles when nothing waits any more; undefined before the shutdown. */
  #drained: Promise<void> | undefined

  constructor(settings: TransportSettings, clock: TransportClock, parts: StoredRequestsParts) {
    const { concurrencyLimit, maxStoredMillis, contentType, endpoint } = settings
    this.#clock = clock
    if (settings.spool !== undefined) {
      this.#spool = new RequestSpool({
        settings: settings.spool,
        spool: parts.spool,
        clock,
        onInherited: parts.onInherited,
        onWarning: (text) => warn(`${SPOOL} ${text}`),
        onArrival: () => this.#drain.wake(),
      })
    }
    this.store = new RequestStore({
      clock,
      compressor: new BodyCompressor(clock, compressionOf(settings), parts.codecs),
      spool: this.#spool,
      maxStoredMillis,
      contentType,
      where: endpoint.printable,
    })
    this.#drain = new StoreDrain({
      clock,
      store: this.store,
      sender: new StoredRequestSender(settings, clock, parts),
      mostAtOnce: Math.max(1, Math.min(Math.floor(concurrencyLimit * CONNECTIONS.share), CONNECTIONS.most)),
      tallyOf: parts.tallyOf,
      onLeft: (operation: Operation, failedSpans: number) => parts.backend.leave(operation, failedSpans),
    })
  }

  /** Names what this process writes to disk; undefined without a spool. */
  get ownerId(): string | undefined {
    return this.#spool?.ownerId
  }

  /** The first batch has been handed over. */
  start(): void {
    this.#spool?.startInheriting()
  }

  /** Sends none but those that are on their way. */
  stop(): void {
    this.#drain.stop()
  }

  /** Whatever waits makes its last attempt now. */
  endBackOffs(): void {
    this.#drained ??= this.#drain.close()
  }

  /** Makes last attempts. Resolves when nothing is sent any more, or by the bound. What then still waits is kept or has failed. */
  async settle(bound: Bound): Promise<void> {
    this.endBackOffs()
    await bounded(this.#clock, { keepAlive: true, ...bound }, () => this.#drained)
    this.#drain.abandon()
    this.store.giveUp(() => true, SHUT_DOWN)
  }

  /** To be called when nothing is stored any more. Resolves when everything is on disk, or has failed. */
  async close(): Promise<void> {
    this.store.giveUp(() => true, SHUT_DOWN)
    const at = this.#clock.now() + WRITE_MILLIS
    await bounded(this.#clock, { at, keepAlive: true }, () => this.store.close())
  }

  /** Puts everything on disk in the call, for the `exit` event of a process. Returns how many requests that were. */
  keepNow(failure: Failure): number {
    this.#drain.abandon()
    return this.store.keepNow(failure)
  }
}

/** When spans begin to be stored, in milliseconds after the beginning of an outage. With a spool a crash must not lose them. */
export function storeAfterMillis({ spool }: TransportSettings): number {
  return spool === undefined ? STORE_AFTER_MILLIS : 0
}

/** As the backend is meant to get it, so that it need not be done again; else as small as this version of Node.js can. */
function compressionOf({ compression }: TransportSettings): TransportSettings['compression'] {
  if (compression !== 'none') return compression
  return 'zstdCompress' in zlib ? 'zstd' : 'gzip'
}
