// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { checkDelivery } from '../../src/doctor/check-delivery.js'
import { endpointText } from '../../src/doctor/endpoint.js'

const PROTOCOL = 'OTEL_EXPORTER_OTLP_PROTOCOL'

describe('endpointText', () => {
  test.each([
    [{ [PROTOCOL]: 'grpc' }, [PROTOCOL], 'http://localhost:4317 (the default of gRPC)'],
    [{ [PROTOCOL]: 'grpc' }, [], 'http://localhost:4318 (the default)'],
    [
      { [PROTOCOL]: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      [PROTOCOL, 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'],
      'http://localhost:4318 (the default)',
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' }, [], 'http://a'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b' }, [], 'http://b'],
  ])('of %j, of which %j are read, is %s', (env, read, text) => {
    expect(endpointText(env, read)).toBe(text)
  })
})

describe('checkDelivery', () => {
  test.each([
    [{}, 'OTEL_EXPORTER_OTLP_ENDPOINT is not set; it says where to send, unless your code does.'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }, 'The address comes from OTEL_EXPORTER_OTLP_ENDPOINT.'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a' }, 'The address comes from OTEL_EXPORTER_OTLP_TRACES_ENDPOINT.'],
  ])('with %j says: %s', async (env, sentence) => {
    const error = '14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED 127.0.0.1:4317. Resolution note: '
    const { text, advice } = await checkDelivery({ read: [], said: [], testSpan: { error }, millis: 1 }, env)

    expect(text).toContain('nothing listens at 127.0.0.1:4317 (connection refused)')
    expect(advice).toContain(sentence)
  })
})
