// SPDX-License-Identifier: Apache-2.0
import type { Clock } from '@spanring/core'
import type { BatchTransport } from '../batch-transport.js'
import type { TransportHooks } from '../transport/transport-hooks.js'
import type { TransportSettings } from '../transport/transport-settings.js'
import type { SlabMemory } from './slab-memory.js'
import type { StartWorker } from './worker-thread.js'

/** What an `ExportThread` is made of. */
export interface ExportThreadParts {
  readonly settings: TransportSettings
  readonly hooks: TransportHooks
  readonly memory: SlabMemory
  /** The file that the thread runs; undefined for the one of this package. */
  readonly file: string | URL | undefined
  /** How many slabs may be in use at once. */
  readonly slabCount: number
  /** Makes the transport that takes the thread's place if no thread can be had, and what the last one has left on disk. */
  readonly createLocal: (hooks: TransportHooks, formerOwner: string | undefined) => BatchTransport
  readonly clock?: Clock | undefined
  /** The clock that the threads share. */
  readonly processMillis?: (() => number) | undefined
  readonly startWorker?: StartWorker | undefined
}
