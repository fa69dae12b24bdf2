// SPDX-License-Identifier: Apache-2.0
import type { Clock, ReadableSpan, SpanExporter } from '@spanring/core'
import type { Transitions } from './accounting/ledger.js'
import type { LossReport } from './accounting/loss-report.js'
import type { ProcessorMetrics } from './accounting/processor-metrics.js'
import type { ResourceGate } from './batching/resource-gate.js'
import type { ExportContext } from './export/export-context.js'
import type { ExporterAdapter } from './export/exporter-adapter.js'
import type { LateAbortController } from './export/late-abort-controller.js'
import type { Settings } from './options.js'
import type { SpanRing } from './queue/span-ring.js'
import type { FlushBarriers } from './loop/flush-barriers.js'

/** What the parts of one pipeline share (the drain loop, flushes and shutdown): the settings, and references to each other. */
export interface PipelineParts extends Settings {
  readonly ring: SpanRing<ReadableSpan>
  /** Only for its `forceFlush` and `shutdown`. Batches go through the adapter. */
  readonly exporter: SpanExporter
  readonly adapter: ExporterAdapter
  readonly ledger: Transitions
  readonly losses: LossReport
  readonly metrics: ProcessorMetrics | undefined
  readonly barriers: FlushBarriers
  readonly gate: ResourceGate
  readonly context: ExportContext
  /** Each function ends a wait for the exporter's `forceFlush` or `shutdown`. */
  readonly ends: Set<() => void>
  readonly clock: Clock
  /** Aborted when the processor shuts down: from then on every export makes its last attempt. */
  readonly closing: LateAbortController
}
