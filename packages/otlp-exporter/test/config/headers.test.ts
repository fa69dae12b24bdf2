// SPDX-License-Identifier: Apache-2.0
import { captureDiag, said } from '@spanring/test-kit/diag'
import { expect, test, vi } from 'vitest'
import { resolveOptions } from '../../src/config/settings.js'

const fromEnvironment = (text: string) => resolveOptions({}, { OTEL_EXPORTER_OTLP_HEADERS: text }).headers

test('a list of name=value, percent-encoded, with spaces and metadata around', () => {
  expect(fromEnvironment('a=1,b=2')).toEqual({ a: '1', b: '2' })
  expect(fromEnvironment(' Api-Key = abc== ; meta=1 , x%2Dy=Basic%20dXNlcg%3D%3D ,, ')).toEqual({
    'api-key': 'abc==',
    'x-y': 'Basic dXNlcg==',
  })
  expect(fromEnvironment('empty=')).toEqual({ empty: '' })
})

test('general, for traces, code: the last one wins, name by name and whatever the case', () => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'A=general,b=general,c=general',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'B=traces,c=traces',
  }
  expect(resolveOptions({ headers: { C: 'code', d: 'code' } }, env).headers).toEqual({
    a: 'general',
    b: 'traces',
    c: 'code',
    d: 'code',
  })
})

test('a user in the URL is a header that the others can replace', () => {
  const url = 'http://user:pass@collector/'
  expect(resolveOptions({ url }, {}).headers).toEqual({ authorization: 'Basic dXNlcjpwYXNz' })
  expect(resolveOptions({ url, headers: { Authorization: 'Bearer x' } }, {}).headers).toEqual({ authorization: 'Bearer x' })
})

test('a pair that cannot be used is warned about by its name, and the others are kept', async () => {
  const cases: [string, RegExp][] = [
    ['a=1,bad=%zz-hush', /the value of bad cannot be percent-decoded/],
    ['a=1,hush', /pair 2 is not name=value/],
    ['a=1,=hush', /pair 2 is not name=value/],
    ['a=1,b%20c=hush', /a name that HTTP does not allow: b…/],
    ['a=1,Authorization: Bearer hush=', /a name that HTTP does not allow: Authorization…/],
    ['a=1,Authorization: Bearer hush=%zz', /the value of Authorization… cannot/],
    ['a=1,b=hush%0D%0Ax: y', /no usable value for b/],
    ['a=1,content-length=7', /has content-length, which the exporter sets itself/],
  ]
  for (const [text, warning] of cases) {
    const lines = captureDiag()
    expect(fromEnvironment(text)).toEqual({ a: '1' })
    expect(await said(lines)).toEqual([expect.stringMatching(warning)])
    expect(lines[0]).not.toContain('hush')
  }
})

test('numbers and booleans become text, and what is no text is left out', async () => {
  const lines = captureDiag()
  const headers = { 'X-Scope-OrgID': 12_345, on: true, off: false, zero: 0, big: 2n ** 64n, a: undefined, b: null } as never
  const texts = { 'x-scope-orgid': '12345', on: 'true', off: 'false', zero: '0', big: '18446744073709551616' }
  expect(resolveOptions({ headers }, {}).headers).toEqual(texts)
  expect(await said(lines)).toEqual([])
  const strange = { c: {}, d: '€', e: 'fine', f: ['x'], g: () => 'x', h: Symbol('hush') } as never
  expect(resolveOptions({ headers: strange }, {}).headers).toEqual({ e: 'fine' })
  expect(await said(lines)).toEqual(['c', 'd', 'f', 'g', 'h'].map((name) => expect.stringContaining(`for ${name}`)))
  expect(resolveOptions({ headers: 7 as never }, {}).headers).toEqual({})
})

test('a function is called later, for headers beside those of the environment, and what HTTP does not allow is left out', async () => {
  const headers = vi.fn(() => ({ Token: 'x', 'content-type': 'text/plain' }))
  const settings = resolveOptions({ headers }, { OTEL_EXPORTER_OTLP_HEADERS: 'a=1' })
  expect(settings.headers).toEqual({ a: '1' })
  expect(headers).not.toHaveBeenCalled()
  const warnings: string[] = []
  expect(await settings.headersFunction?.((message) => void warnings.push(message))).toEqual({ token: 'x' })
  expect(warnings).toEqual([expect.stringContaining('headers() has content-type')])
})
