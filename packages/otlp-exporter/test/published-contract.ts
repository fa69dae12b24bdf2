// SPDX-License-Identifier: Apache-2.0
// Compiled and never run, against the declarations that are published. Each package has a copy of the contract between
// processor and exporter; a user whose packages are of different versions, or who writes a class against one of them,
// needs the copies to agree. A line that does not hold is `true` assigned to `false`.
import type * as processor from '@spanring/batch-span-processor'
import type * as exporter from '@spanring/otlp-exporter'

type Fits<From, To> = [From] extends [To] ? true : false
type Same<A, B> = [A] extends [B] ? Fits<B, A> : false
// The same in both packages.
export const deadline: Same<processor.Deadline, exporter.Deadline> = true
export const result: Same<processor.ExportResult, exporter.ExportResult> = true
export const spanCount: Same<processor.SpanBatch['spanCount'], exporter.SpanBatch['spanCount']> = true
export const byteLength: Same<processor.SpanBatch['byteLength'], exporter.SpanBatch['byteLength']> = true
export const addReturns: Same<ReturnType<processor.SpanBatch['add']>, ReturnType<exporter.SpanBatch['add']>> = true
export const sendTakes: Same<Parameters<processor.SpanBatch['send']>, Parameters<exporter.SpanBatch['send']>> = true
export const exported: Same<processor.BatchOutcome['exported'], exporter.BatchOutcome['exported']> = true
export const failed: Same<processor.BatchOutcome['failed'], exporter.BatchOutcome['failed']> = true

// The exporter promises more than the processor asks for: `close` exists, and `error` is an Error.
export const refinedBatch: Fits<exporter.SpanBatch, processor.SpanBatch> = true
export const refinedOutcome: Fits<exporter.BatchOutcome, processor.BatchOutcome> = true
export const incremental: Fits<exporter.OTLPTraceExporter, processor.IncrementalSpanExporter> = true
export const anyExporter: Fits<exporter.OTLPTraceExporter, processor.SpanExporter> = true

// The lines above can fail.
// @ts-expect-error -- `close` is optional to the processor
export const looseBatch: Fits<processor.SpanBatch, exporter.SpanBatch> = true
// @ts-expect-error -- `error` is unknown to the processor
export const looseOutcome: Fits<processor.BatchOutcome, exporter.BatchOutcome> = true
// @ts-expect-error -- a deadline without one of its signals is another type
export const shortDeadline: Same<Omit<processor.Deadline, 'closing'>, exporter.Deadline> = true
// @ts-expect-error -- a code that is text is another type
export const textCode: Same<Omit<processor.ExportResult, 'code'> & { readonly code: string }, exporter.ExportResult> = true
// @ts-expect-error -- what has no `openBatch` is not an incremental exporter
export const plainExporter: Fits<processor.SpanExporter, processor.IncrementalSpanExporter> = true
