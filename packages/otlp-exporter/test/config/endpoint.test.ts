// SPDX-License-Identifier: Apache-2.0
import { captureDiag, said } from '@spanring/test-kit/diag'
import { expect, test } from 'vitest'
import { resolveEndpoint } from '../../src/config/endpoint.js'

const base = (text: string): string => address(resolveEndpoint(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: text }))
const traces = (text: string): string => address(resolveEndpoint(undefined, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: text }))

function address({ origin, path }: { origin: string; path: string }): string {
  return origin + path
}

test('v1/traces is appended to the general endpoint, whose path and query stay', () => {
  expect(base('http://collector:4318')).toBe('http://collector:4318/v1/traces')
  expect(base('http://collector:4318/')).toBe('http://collector:4318/v1/traces')
  expect(base('https://collector/otlp')).toBe('https://collector/otlp/v1/traces')
  expect(base('https://collector/otlp/')).toBe('https://collector/otlp/v1/traces')
  expect(base('https://collector/otlp?team=a%20b')).toBe('https://collector/otlp/v1/traces?team=a%20b')
  expect(base('http://[::1]:4318')).toBe('http://[::1]:4318/v1/traces')
})

test('the endpoint for traces and the option are used as they are', () => {
  expect(traces('http://collector:4318')).toBe('http://collector:4318/')
  expect(traces('http://collector:4318/a/b/?c=d')).toBe('http://collector:4318/a/b/?c=d')
  expect(traces('http://collector/v1/traces/')).toBe('http://collector/v1/traces/')
  expect(address(resolveEndpoint('https://collector', {}))).toBe('https://collector/')
})

test('code beats the variable for traces, which beats the general one', () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://general', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces/x' }
  expect(address(resolveEndpoint('http://code/y', env))).toBe('http://code/y')
  expect(address(resolveEndpoint(undefined, env))).toBe('http://traces/x')
})

test('the address of the server is known for metrics', () => {
  const of = (url: string) => resolveEndpoint(url, {})
  expect(of('https://collector/')).toMatchObject({ serverAddress: 'collector', serverPort: 443 })
  expect(of('http://[2001:db8::1]/')).toMatchObject({ serverAddress: '2001:db8::1', serverPort: 80 })
  expect(of('http://10.0.0.1:4318/')).toMatchObject({ serverAddress: '10.0.0.1', serverPort: 4318 })
})

test('user and password become a header, and are in nothing that is shown', () => {
  const endpoint = resolveEndpoint('https://us%40er:pa%3Ass%zz@collector/p?api_key=hush', {})
  expect(endpoint.authorization).toBe(`Basic ${Buffer.from('us@er:pa%3Ass%zz').toString('base64')}`)
  expect(endpoint.origin).toBe('https://collector')
  expect(endpoint.path).toBe('/p?api_key=hush')
  expect(endpoint.printable).toBe('https://collector/p?…')
})

test('what is no HTTP URL is warned about, without its text, and the next source is used', async () => {
  for (const text of ['collector:4318', 'user:hush@collector', 'ftp://hush@collector/', 'http://', 'hush']) {
    const lines = captureDiag()
    expect(base(text)).toBe('http://localhost:4318/v1/traces')
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://general' }
    expect(address(resolveEndpoint(text, env))).toBe('http://general/v1/traces')
    expect(await said(lines)).toEqual([
      expect.stringContaining('OTEL_EXPORTER_OTLP_ENDPOINT is not a URL'),
      expect.stringContaining('url is not a URL'),
    ])
    expect(lines.join()).not.toContain('hush')
  }
})
