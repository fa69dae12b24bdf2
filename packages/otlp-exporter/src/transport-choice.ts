// SPDX-License-Identifier: Apache-2.0
import { EXPORT_THREAD } from '@spanring/core'
import type { BatchTransport } from './batch-transport.js'
import type { Settings } from './config/settings.js'
import type { IndexBytes } from './encode/batch-encoder.js'
import type { Memory } from './encode/buffer-pool.js'
import { LazyTransport } from './lazy-transport.js'
import type { LazyTransportInternals } from './lazy-transport.js'
import { obstacleOf } from './thread/crossing.js'
import { ExitFlush } from './thread/exit-flush.js'
import type { ExitInternals, ExitSender } from './thread/exit-flush.js'
import { ExportThread } from './thread/export-thread.js'
import { indexBytes } from './thread/slab-layout.js'
import { SlabMemory } from './thread/slab-memory.js'
import type { StartWorker } from './thread/worker-thread.js'
import type { TransportHooks } from './transport/transport-hooks.js'
import { warnLater } from './warn.js'

/** What the exporter needs to encode and to send, in one thread or in two. */
export interface TransportChoice {
  readonly transport: BatchTransport
  /** Where spans are encoded, and what is needed behind them. Undefined: in memory of this thread. */
  readonly memory?: Memory
  readonly indexBytes?: IndexBytes
  readonly exitFlush?: ExitFlush
}

/** What tests can replace, in the exporter and behind it. */
export interface ExporterInternals extends LazyTransportInternals, Pick<ExitInternals, 'atExit'> {
  readonly startWorker?: StartWorker
  /** The clock that the threads share. */
  readonly processMillis?: () => number
}

/** A batch holds at least so much of `maxBufferedBytes`, in bytes, if requests may be that large. */
const SMALLEST_BATCH = 4096
/** No request with a span is smaller, in bytes. */
const SMALLEST_REQUEST = 32
/** Rings of more numbers than this would be larger than anything that crosses. */
const MOST_SLABS = 2 ** 20
/** Slabs may exceed `maxBufferedBytes` by the rounding of their sizes. */
const SPARE_SLABS = 64

/** Without a thread nothing can be sent in the `exit` event, but the disk can be written. */
function keeping(transport: LazyTransport): ExitSender {
  return { isSending: false, isStarting: false, beginExit() {}, waitSync: () => transport.keepNow() > 0 }
}

/** Sends from a thread of its own if that is asked for and possible. */
export function chooseTransport(settings: Settings, hooks: TransportHooks, internals: ExporterInternals = {}): TransportChoice {
  const { worker, maxBufferedBytes, maxRequestBytes, exitFlushMillis } = settings
  const obstacle = worker && obstacleOf(settings)
  if (worker === undefined || obstacle !== undefined) {
    if (obstacle !== undefined) {
      const { option, what } = obstacle
      warnLater(
        `${EXPORT_THREAD} worker is on, but ${option} is ${what} and cannot be given to another thread; spans are sent from this thread`,
      )
    }
    const transport = new LazyTransport(settings, hooks, internals)
    const { spool } = settings
    if (spool === undefined) return { transport }
    return { transport, exitFlush: new ExitFlush(keeping(transport), exitFlushMillis, internals) }
  }
  const smallestBatch = Math.max(Math.min(SMALLEST_BATCH, maxRequestBytes), SMALLEST_REQUEST)
  const memory = new SlabMemory(maxBufferedBytes, ({ number }) => thread.forget(number))
  const thread = new ExportThread({
    settings,
    hooks,
    memory,
    file: worker.file,
    slabCount: Math.min(Math.ceil(maxBufferedBytes / smallestBatch), MOST_SLABS) + SPARE_SLABS,
    createLocal: (own, formerOwner) =>
      new LazyTransport(
        settings,
        own,
        formerOwner === undefined ? internals : { ...internals, spool: { ...internals.spool, formerOwner } },
      ),
    clock: internals.clock,
    processMillis: internals.processMillis,
    startWorker: internals.startWorker,
  })
  return { transport: thread, memory, indexBytes, exitFlush: new ExitFlush(thread.atExit, exitFlushMillis, internals) }
}
