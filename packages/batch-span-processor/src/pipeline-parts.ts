// SPDX-License-Identifier: Apache-2.0
import type { Clock, ReadableSpan, SpanExporter } from '@spanring/core'
import type { Transitions } from './accounting/ledger.js'
import type { LossReport } from './accounting/loss-report.js'
import type { ProcessorMetrics } from './accounting/processor-metrics.js'
import type { ResourceGate } from './batching/resource-gate.js'
import type { ExportScope } from './export/export-scope.js'
import type { ExporterAdapter } from './export/exporter-adapter.js'
import type { LateAbortController } from './export/late-abort-controller.js'
import type { Settings } from './options.js'
import type { SpanRing } from './queue/span-ring.js'
import type { FlushBarriers } from './waits/flush-barriers.js'

/** What the drain loop and its parts, the flushes and the shutdown of one pipeline share: the settings, and each other. */
export interface PipelineParts extends Settings {
  readonly ring: SpanRing<ReadableSpan>
  /** For its `forceFlush` and `shutdown`; batches go through the adapter. */
  readonly exporter: SpanExporter
  readonly adapter: ExporterAdapter
  readonly ledger: Transitions
  readonly losses: LossReport
  readonly metrics: ProcessorMetrics | undefined
  readonly barriers: FlushBarriers
  readonly gate: ResourceGate
  readonly scope: ExportScope
  /** Each ends a wait for the exporter's `forceFlush` or `shutdown`. */
  readonly ends: Set<() => void>
  readonly clock: Clock
  /** Aborted when the processor shuts down: exports under way then, and later ones, make their last attempt. */
  readonly closing: LateAbortController
}
