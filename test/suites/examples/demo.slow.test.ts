// SPDX-License-Identifier: Apache-2.0
import { Program } from '@spanring/test-kit/program'
import { expect, test } from 'vitest'

test('the demo with the export thread delivers every span, and its accounting closes', { timeout: 120_000 }, async () => {
  const demo = new URL('../../../examples/instrumented-app/dist/esm/demo.js', import.meta.url)
  const { code, stdout, stderr } = await new Program(demo, ['--quick', '--json', '--worker'], { limitMillis: 110_000 }).ended
  const { faults, contenders } = JSON.parse(stdout)

  expect({ code, faults }, stderr).toEqual({ code: 0, faults: [] })
  expect(stderr).toContain('+ startTelemetry(new BatchSpanProcessor(new OTLPTraceExporter({ worker: true })))')
  const { delivered, report } = contenders.spanring
  expect(report.ended).toBeGreaterThan(5000)
  expect(delivered).toBe(report.ended)
  if (process.platform === 'linux') expect(report.mainThreadMillis).toBeGreaterThan(0)
})
