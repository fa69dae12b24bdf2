// SPDX-License-Identifier: Apache-2.0
export { bounded } from './bounded.js'
export type { Bound, Settled } from './bounded.js'
export { builtinModule } from './builtin-module.js'
export { MAX_TIMER_MILLIS, platformGlobal, systemClock, timerDelay } from './clock.js'
export type { Clock, Timer } from './clock.js'
export { takeComponentNumber } from './component-number.js'
export { DetachedContext } from './detached-context.js'
export type {
  BatchOutcome,
  Deadline,
  ExportResult,
  IncrementalSpanExporter,
  ReadableSpan,
  SpanBatch,
  SpanExporter,
  SpanResource,
  StoredOutcome,
} from './span-exporter.js'
export {
  BACKEND_DOWN,
  EXPORT_THREAD,
  INVALID_HEADER_LIST,
  INVALID_SETTING,
  NOT_OTLP,
  SPANS_REJECTED,
  SPOOL,
} from './warning-codes.js'
