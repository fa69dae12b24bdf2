// SPDX-License-Identifier: Apache-2.0
import type { Clock, ReadableSpan } from '@spanring/core'
import type { ExportScope } from './export/export-scope.js'
import type { ExporterAdapter } from './export/exporter-adapter.js'
import type { FlushBarriers } from './waits/flush-barriers.js'
import type { LateAbortController } from './export/late-abort-controller.js'
import type { Ledger } from './accounting/ledger.js'
import type { Settings } from './options.js'
import type { ResourceGate } from './batching/resource-gate.js'
import type { SpanRing } from './queue/span-ring.js'

/** What admission, drain loop, stager and exports in flight of one pipeline share. */
export interface PipelineParts {
  readonly ring: SpanRing<ReadableSpan>
  readonly adapter: ExporterAdapter
  readonly ledger: Ledger
  readonly barriers: FlushBarriers
  readonly gate: ResourceGate
  readonly scope: ExportScope
  readonly clock: Clock
  readonly settings: Settings
  /** Aborted when the processor shuts down: exports under way then, and later ones, are at their last try. */
  readonly closing: LateAbortController
}
