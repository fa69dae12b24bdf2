// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
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
