// SPDX-License-Identifier: Apache-2.0
import type {
  BatchSpanProcessor,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  SpanExporter,
} from '@spanring/batch-span-processor'
import type { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { SpanProcessor } from '@spanring/sdk-2'
import type { FlightRecord } from './flight-record.js'

const idOf = (span: ReadableSpan): string => (span.spanContext() as { spanId: string }).spanId

/** Before the processor: notes which spans it takes. */
export function recordDoor(processor: BatchSpanProcessor, record: FlightRecord): SpanProcessor {
  const refusedSoFar = (): number => {
    const { queue_full, already_shutdown, invalid_span } = processor.stats().dropped
    return queue_full + already_shutdown + invalid_span
  }
  return {
    onStart() {},
    onEnd(span) {
      const before = refusedSoFar()
      processor.onEnd(span)
      if (refusedSoFar() === before) record.admitted(idOf(span))
      else record.refused(idOf(span))
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  }
}

/** Between processor and exporter, batch by batch: notes what is handed over, and what the exporter says of it. */
export function recordBatches(exporter: OTLPTraceExporter, record: FlightRecord): IncrementalSpanExporter {
  return {
    maxConcurrentBatches: exporter.maxConcurrentBatches,
    extraBatches: () => exporter.extraBatches(),
    openBatch(onRoom) {
      const batch = exporter.openBatch(onRoom)
      return batch && recordBatch(batch, record)
    },
    export: (spans, done) => exporter.export(spans as never, done),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}

function recordBatch(batch: SpanBatch, record: FlightRecord): SpanBatch {
  const ids: string[] = []
  return {
    get spanCount() {
      return batch.spanCount
    },
    get byteLength() {
      return batch.byteLength
    },
    add(span) {
      const result = batch.add(span)
      if (result === 'added') ids.push(idOf(span))
      if (result === 'rejected') record.rejected(idOf(span))
      return result
    },
    close: () => batch.close?.(),
    async send(deadline) {
      const recorded = record.handedOver(ids)
      recorded.exported = 0
      const { onStoredOutcome } = deadline
      const outcome = await batch.send({
        ...deadline,
        ...(onStoredOutcome && {
          onStoredOutcome(later) {
            recorded.exported = (recorded.exported ?? 0) + later.exported
            onStoredOutcome(later)
          },
        }),
      })
      recorded.exported += outcome.exported
      return outcome
    },
  }
}

/** The same for a processor that knows nothing of batches and hands over arrays. */
export function recordArrays(exporter: OTLPTraceExporter, record: FlightRecord): SpanExporter {
  return {
    export(spans, done) {
      const recorded = record.handedOver(spans.map((span) => idOf(span)))
      exporter.export(spans as never, (result) => {
        recorded.exported = result.code === 0 ? recorded.ids.length : 0
        done(result)
      })
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
