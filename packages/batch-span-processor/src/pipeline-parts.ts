// SPDX-License-Identifier: Apache-2.0
import type { Clock, ReadableSpan } from '@spanring/core'
import type { ExportScope } from './export-scope.js'
import type { ExporterTarget } from './exporter-target.js'
import type { FlushTickets } from './flush-tickets.js'
import type { LateAbortController } from './late-abort-controller.js'
import type { Ledger } from './ledger.js'
import type { Settings } from './options.js'
import type { ResourceGate } from './resource-gate.js'
import type { SpanRing } from './span-ring.js'

/** What admission, drain loop, stager and exports in flight of one pipeline share. */
export interface PipelineParts {
  readonly ring: SpanRing<ReadableSpan>
  readonly target: ExporterTarget
  readonly ledger: Ledger
  readonly tickets: FlushTickets
  readonly gate: ResourceGate
  readonly scope: ExportScope
  readonly clock: Clock
  readonly settings: Settings
  /** Aborted when the processor shuts down: exports under way then, and later ones, are at their last try. */
  readonly closing: LateAbortController
}
