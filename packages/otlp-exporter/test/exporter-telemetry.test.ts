// SPDX-License-Identifier: Apache-2.0
import type { MeterProvider, MetricOptions } from '@opentelemetry/api'
import { captureDiag, said } from '@spanring/test-kit/diag'
import { describe, expect, test } from 'vitest'
import { resolveOptions } from '../src/config/settings.js'
import { ExporterTelemetry } from '../src/exporter-telemetry.js'
import { callHook } from '../src/transport/transport-hooks.js'
import type { FinishedExport } from '../src/transport/transport-hooks.js'

const SETTINGS = resolveOptions({ url: 'https://user:s3cret@otel.example:4318/v1/traces?key=s3cret' }, {})

function finished(part: Partial<FinishedExport>): FinishedExport {
  const nothing = { durationMillis: 1, attemptCount: 1, statusCode: undefined, errorType: undefined }
  return { spanCount: 0, exported: 0, failed: {}, stored: 0, ...nothing, ...part }
}

/** Runs one export of each kind past the telemetry, in the way of the transport. */
function play(telemetry: ExporterTelemetry): void {
  callHook(telemetry, 'onStart', 10)
  callHook(telemetry, 'onAttempt')
  callHook(telemetry, 'onEnd', finished({ spanCount: 10, exported: 8, failed: { rejected: 2 }, statusCode: 200 }))
  callHook(telemetry, 'onStart', 5)
  callHook(telemetry, 'onAttempt')
  callHook(telemetry, 'onAttempt')
  callHook(telemetry, 'onEnd', finished({ spanCount: 5, failed: { http_503: 5 }, statusCode: 503, errorType: '503' }))
  callHook(telemetry, 'onStart', 3)
  telemetry.refuse('buffer_full', 4)
  telemetry.refuse('buffer_full', 0)
}

const PLAYED = {
  exported: 8,
  failed: { rejected: 2, http_503: 5, buffer_full: 4 },
  truncatedSpans: 0,
  truncatedResources: 0,
  inFlight: 3,
  stored: 0,
  inherited: { found: 0, exported: 0, failed: {} },
  requests: 3,
  bufferedBytes: 77,
  backend: 'up',
}

/** A provider whose instruments do what the test says. */
function providerOf(instrument: object): MeterProvider {
  const create = (): object => instrument
  const meter = { createUpDownCounter: create, createCounter: create, createHistogram: create }
  return { getMeter: () => meter } as unknown as MeterProvider
}

function throws(): never {
  throw new Error('metrics are broken')
}

test('the instruments are described in the words of the conventions', () => {
  const described: Record<string, string | undefined> = {}
  const create = (name: string, options?: MetricOptions): object => {
    described[name] = options?.description
    return {}
  }
  const meter = { createUpDownCounter: create, createCounter: create, createHistogram: create }
  const telemetry = new ExporterTelemetry(SETTINGS, { getMeter: () => meter } as unknown as MeterProvider)
  expect(telemetry.stats(0).exported).toBe(0)
  expect(described).toEqual({
    'otel.sdk.exporter.span.inflight':
      'The number of spans which were passed to the exporter, but that have not been exported yet (neither successful, nor failed).',
    'otel.sdk.exporter.span.exported': 'The number of spans for which the export has finished, either successful or failed.',
    'otel.sdk.exporter.operation.duration': 'The duration of exporting a batch of telemetry records.',
  })
})

test('counts what the transport tells', () => {
  const telemetry = new ExporterTelemetry(SETTINGS, undefined)
  play(telemetry)
  expect(telemetry.stats(77)).toEqual(PLAYED)
})

test('the counts that it returns are a copy', () => {
  const telemetry = new ExporterTelemetry(SETTINGS, undefined)
  const before = telemetry.stats(0)
  play(telemetry)
  expect(before).toMatchObject({ exported: 0, failed: {} })
})

describe('a meter that throws', () => {
  test('at every measurement does not touch the counts', () => {
    const telemetry = new ExporterTelemetry(SETTINGS, providerOf({ add: throws, record: throws }))
    play(telemetry)
    expect(telemetry.stats(77)).toEqual(PLAYED)
  })

  test.each([
    ['an error', () => throws()],
    [
      'something that has no text',
      () => {
        // oxlint-disable-next-line no-throw-literal -- on purpose
        throw Object.create(null)
      },
    ],
  ])('at the start, %s, leaves an exporter without metrics and one warning', (_what, getMeter) => {
    const lines = captureDiag()
    const telemetry = new ExporterTelemetry(SETTINGS, { getMeter })
    play(telemetry)
    expect(telemetry.stats(77)).toEqual(PLAYED)
    expect(lines).toEqual([expect.stringContaining('no metrics')])
  })

  test('at the second of its instruments leaves those that there are', () => {
    const added: number[] = []
    const meter = { createUpDownCounter: () => ({ add: (value: number) => added.push(value) }), createCounter: throws }
    const telemetry = new ExporterTelemetry(SETTINGS, { getMeter: () => meter } as unknown as MeterProvider)
    play(telemetry)
    expect(telemetry.stats(77)).toEqual(PLAYED)
    expect(added).toEqual([10, -10, 5, -5, 3])
  })
})

test('says once that the backend is down and once that it is back, without secrets', () => {
  const lines = captureDiag()
  const telemetry = new ExporterTelemetry(SETTINGS, undefined)
  telemetry.onBackendChange({ state: 'down', message: 'answered 503' })
  expect(telemetry.stats(0).backend).toBe('down')
  telemetry.onBackendChange({ state: 'up', downMillis: 12_345, failedAttempts: 6, failedSpans: 7 })
  expect(telemetry.stats(0).backend).toBe('up')

  expect(lines).toEqual([
    expect.stringContaining('[SPANRING_BACKEND_DOWN] https://otel.example:4318/v1/traces?… is down: answered 503'),
    expect.stringContaining('is up again after 12.3 s and 6 failed requests; 7 spans were given up'),
  ])
  expect(lines.join()).not.toContain('s3cret')
})

test('two exporters of a kind have different names, as the conventions ask', () => {
  const names: unknown[] = []
  const provider = providerOf({ add: (_value: number, attributes: object) => names.push(attributes), record: () => {} })
  for (let i = 0; i < 2; i++) new ExporterTelemetry(SETTINGS, provider).onStart(1)
  const json = resolveOptions({ protocol: 'http/json' }, {})
  new ExporterTelemetry(json, provider).onStart(1)

  const [first, second, third] = names as Record<string, string>[]
  expect(first).toEqual({
    'otel.component.type': 'otlp_http_span_exporter',
    'otel.component.name': expect.stringMatching(/^otlp_http_span_exporter\/\d+$/),
    'server.address': 'otel.example',
    'server.port': 4318,
  })
  expect(second?.['otel.component.name']).not.toBe(first?.['otel.component.name'])
  expect(third).toMatchObject({
    'otel.component.type': 'otlp_http_json_span_exporter',
    'otel.component.name': 'otlp_http_json_span_exporter/0',
  })
})

test('a backend that flaps makes one pair of warnings in half a minute', () => {
  const lines = captureDiag()
  const telemetry = new ExporterTelemetry(SETTINGS, undefined)
  for (let i = 0; i < 20; i++) {
    telemetry.onBackendChange({ state: 'down', message: 'status 503' })
    telemetry.onBackendChange({ state: 'up', downMillis: 10, failedAttempts: 1, failedSpans: 0 })
  }
  expect(lines.map((line) => /is (down|up again)/.exec(line)?.[1])).toEqual(['down', 'up again'])
})

test('counts every span, resource and scope that is truncated, and warns of the first thing, a moment later', async () => {
  const lines = captureDiag()
  const telemetry = new ExporterTelemetry(SETTINGS, undefined)
  telemetry.truncate('resource')
  telemetry.truncate('scope')
  for (let i = 0; i < 3; i++) telemetry.truncate('span')
  expect(telemetry.stats(0)).toMatchObject({ truncatedSpans: 3, truncatedResources: 2 })
  expect(lines).toEqual([])
  expect(await said(lines)).toEqual([
    expect.stringMatching(/a resource is sent without a part .* truncatedSpans and truncatedResources of stats\(\)/),
  ])
})
