// SPDX-License-Identifier: Apache-2.0
// Exports nothing: writes every span to the file RECORD_TO as a line of JSON, by which `packages/otlp-exporter/test/encode`
// compares encoders on spans of a real application. Paths of the machine are left out.
import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { startTelemetry } from './telemetry.js'

const file = process.env['RECORD_TO'] ?? 'spans.jsonl'
const root = fileURLToPath(new URL('../../../..', import.meta.url))

startTelemetry({
  onStart: () => {},
  onEnd: (span) => appendFileSync(file, `${record(span)}\n`),
  forceFlush: async () => {},
  shutdown: async () => {},
})

function record(span: ReadableSpan): string {
  const { name, kind, parentSpanContext, startTime, endTime, status, attributes, links, events, instrumentationScope } = span
  const { droppedAttributesCount, droppedEventsCount, droppedLinksCount } = span
  const spanContext = span.spanContext()
  const resource = { attributes: span.resource.attributes }
  return JSON.stringify({
    name,
    kind,
    spanContext,
    parentSpanContext,
    startTime,
    endTime,
    status,
    attributes,
    links,
    events,
    resource,
    instrumentationScope,
    droppedAttributesCount,
    droppedEventsCount,
    droppedLinksCount,
  }).replaceAll(root, '/app/')
}
