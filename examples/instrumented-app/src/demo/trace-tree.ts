// SPDX-License-Identifier: Apache-2.0
import type { ReceivedSpan } from '@spanring/sink'
import { fit, millis } from './format.js'

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const nameWidth = 50

/** The trace with the most different things to see, of typical duration; and one that links to it, if any does. */
export function pickTraces(spans: readonly ReceivedSpan[]): ReceivedSpan[][] {
  const traces = [...groupBy(spans, (span) => span.traceId).values()].filter(isComplete)
  const most = Math.max(...traces.map(richness))
  const richest = traces.filter((trace) => richness(trace) === most).toSorted((a, b) => rootMillis(a) - rootMillis(b))
  const picked = richest[Math.floor(richest.length / 2)]
  if (!picked) return []
  const id = picked[0]?.traceId
  const linked = traces.find((trace) => trace.some((span) => span.links.some((link) => link.traceId === id)))
  return linked ? [picked, linked] : [picked]
}

/** Draws a trace as a tree: name, instrumentation, kind, start after the root, duration; events, links and errors below. */
export function drawTrace(trace: readonly ReceivedSpan[]): string[] {
  const byParent = groupBy(
    trace.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano))),
    (span) => span.parentSpanId,
  )
  const lines: string[] = []
  const root = byParent.get('')?.[0]
  if (root) draw(root, '', '')
  return lines

  function draw(span: ReceivedSpan, first: string, rest: string): void {
    const children = byParent.get(span.spanId) ?? []
    const columns = [
      kinds[span.kind]?.padEnd(8),
      scopeName(span).padEnd(11),
      `+${sinceMillis(root, span).toFixed(0)} ms`.padStart(8),
    ]
    lines.push(`${fit(first + span.name, nameWidth)} ${columns.join(' ')} ${millis(durationMillis(span)).padStart(9)}`)
    const below = `${rest}${children.length > 0 ? '│' : ' '}  `
    for (const note of notes(span)) lines.push(fit(below + note, 96).trimEnd())
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1
      draw(child, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`)
    }
  }
}

function notes(span: ReceivedSpan): string[] {
  const events = span.events.map(({ name, attributes }) => {
    const details = ['exception.type', 'exception.message'].map((key) => text(attributes[key]))
    return `◆ event ${[name, ...details].filter(Boolean).join(': ')}`
  })
  const links = span.links.map(
    ({ traceId, spanId, attributes }) => `⇢ link to span ${spanId} of trace ${traceId} (${text(attributes['link.reason'])})`,
  )
  const status = span.status.code === 2 ? [`✗ status error${span.status.message && `: ${span.status.message}`}`] : []
  return [...status, ...events, ...links]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A root, and no parent that was lost on the way. */
function isComplete(trace: readonly ReceivedSpan[]): boolean {
  const ids = new Set(trace.map((span) => span.spanId))
  return trace.filter((span) => span.parentSpanId === '').length === 1 && trace.every(isAttached)
  function isAttached(span: ReceivedSpan): boolean {
    return span.parentSpanId === '' || ids.has(span.parentSpanId)
  }
}

function richness(trace: readonly ReceivedSpan[]): number {
  const sights = trace.flatMap((span) => [
    `${span.kind} ${span.scope.name}`,
    `status ${span.status.code}`,
    ...span.events.map((event) => event.name),
    ...span.links.map(() => 'link'),
  ])
  return new Set(sights).size
}

function scopeName(span: ReceivedSpan): string {
  return span.scope.name.replace('@opentelemetry/instrumentation-', '').replace(/^@(\w+)\/otel$/, '$1')
}

function rootMillis(trace: readonly ReceivedSpan[]): number {
  return trace.reduce((total, span) => (span.parentSpanId === '' ? total + durationMillis(span) : total), 0)
}

function durationMillis(span: ReceivedSpan): number {
  return Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6
}

function sinceMillis(root: ReceivedSpan | undefined, span: ReceivedSpan): number {
  return root ? Number(BigInt(span.startTimeUnixNano) - BigInt(root.startTimeUnixNano)) / 1e6 : 0
}

function groupBy(spans: readonly ReceivedSpan[], key: (span: ReceivedSpan) => string): Map<string, ReceivedSpan[]> {
  const groups = new Map<string, ReceivedSpan[]>()
  for (const span of spans) {
    const group = groups.get(key(span))
    if (group) group.push(span)
    else groups.set(key(span), [span])
  }
  return groups
}
