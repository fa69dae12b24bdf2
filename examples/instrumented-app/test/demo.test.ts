// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'

interface Outcome {
  readonly accounting: readonly string[]
  readonly faults: readonly string[]
  readonly contenders: Readonly<Record<'stock' | 'spanring', { delivered: number; report: { ended: number } }>>
  readonly sights: Readonly<Record<string, number>>
}

/** Two databases start, and two contenders run, on cores that other tests share. */
const timeoutMillis = 120_000

describe('the demo', () => {
  let exitCode: unknown
  let errors = ''
  let outcome: Outcome

  beforeAll(async () => {
    const demo = fileURLToPath(new URL('../dist/esm/demo.js', import.meta.url))
    const child = spawn(process.execPath, [demo, '--quick', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [output, progress, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    exitCode = code
    errors = progress
    outcome = JSON.parse(output)
  }, timeoutMillis)

  test('ends with exit code 0 because the accounting closes', () => {
    expect(outcome.faults, errors).toEqual([])
    expect(exitCode, errors).toBe(0)
    expect(outcome.accounting[0]).toMatch(/^stock +ended [\d,]+ = delivered [\d,]+ \+ no count [\d,]+ ✓$/)
    expect(outcome.accounting[1]).toMatch(/^spanring ended [\d,]+ = exported .* dropped .* in flight 0 \+ stored 0 ✓$/)
    expect(outcome.accounting[2]).toMatch(/^spanring exported [\d,]+ = delivered [\d,]+ ✓$/)
  })

  test('gives both contenders the same work', () => {
    const { stock, spanring } = outcome.contenders
    expect(stock.report.ended).toBeGreaterThan(5000)
    expect(spanring.report.ended).toBe(stock.report.ended)
  })

  test.each([
    ['server spans', '@opentelemetry/instrumentation-http kind 2'],
    ['framework spans', '@fastify/otel kind 1'],
    ['database spans', '@opentelemetry/instrumentation-pg kind 3'],
    ['client spans', '@opentelemetry/instrumentation-undici kind 3'],
    ['a span that links to another trace', 'link'],
    ['an exception event', 'event exception'],
    ['a status of error', 'status error'],
  ])('brings %s to the sink', (_, sight) => {
    expect(outcome.sights[sight]).toBeGreaterThan(0)
  })
})

test.each([
  ['spanring-processor', ["import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'"]],
  [
    'spanring',
    [
      "import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'",
      "import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'",
    ],
  ],
  [
    'spanring-worker',
    [
      "import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'",
      "import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'",
      'startTelemetry(new BatchSpanProcessor(new OTLPTraceExporter()))',
    ],
  ],
])('the telemetry of %s differs from stock in these lines alone', (telemetry, lines) => {
  const [stock, spanring] = ['stock', telemetry].map((name) =>
    readFileSync(new URL(`../src/telemetry-${name}.ts`, import.meta.url), 'utf8').split('\n'),
  )
  expect(spanring).toHaveLength(stock?.length ?? 0)
  expect(stock?.filter((line, index) => line !== spanring?.[index])).toEqual(lines)
})
