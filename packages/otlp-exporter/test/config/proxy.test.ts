// SPDX-License-Identifier: Apache-2.0
import { captureDiag, said } from '@spanring/test-kit/diag'
import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { resolveOptions } from '../../src/config/settings.js'

const proxyFor = (url: string, env: Record<string, string>, proxy?: string | false) =>
  resolveOptions({ url, proxy }, env).proxy?.origin

test('the environment names a proxy by the scheme of the URL, in lower case first', () => {
  const env = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2' }
  expect(proxyFor('http://collector/', env)).toBe('http://plain:1')
  expect(proxyFor('https://collector/', env)).toBe('http://secure:2')
  expect(proxyFor('https://collector/', { ...env, https_proxy: 'http://lower:3' })).toBe('http://lower:3')
  expect(proxyFor('https://collector/', { HTTP_PROXY: 'http://plain:1' })).toBeUndefined()
})

test.each(['', ' '])('a variable that is empty (%j) hides no other', (empty) => {
  const env = { HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://secure:2', http_proxy: empty, https_proxy: empty }
  expect(proxyFor('http://collector.internal/', env)).toBe('http://plain:1')
  expect(proxyFor('https://collector.internal/', env)).toBe('http://secure:2')
  expect(proxyFor('http://collector.internal/', { ...env, no_proxy: empty, NO_PROXY: '.internal' })).toBeUndefined()
  expect(proxyFor('http://collector.internal/', { ...env, no_proxy: '.other', NO_PROXY: '.internal' })).toBe('http://plain:1')
})

test('the option beats the environment, and false means none', () => {
  const env = { HTTP_PROXY: 'http://plain:1', NO_PROXY: '*' }
  expect(proxyFor('http://collector/', env, 'https://option:3')).toBe('https://option:3')
  expect(proxyFor('http://localhost:4318/', env, 'https://option:3')).toBe('https://option:3')
  expect(proxyFor('http://collector/', { HTTP_PROXY: 'http://plain:1' }, false)).toBeUndefined()
})

test('a socket or a dispatcher is the way already', () => {
  const env = { HTTP_PROXY: 'http://plain:1' }
  expect(resolveOptions({ url: 'http://collector/', socketPath: '/run/otlp.sock' }, env).proxy).toBeUndefined()
  expect(resolveOptions({ url: 'http://collector/', dispatcher: new Agent() }, env).proxy).toBeUndefined()
})

test('loopback is never proxied by the environment', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]', '[::ffff:127.0.0.1]']) {
    expect(proxyFor(`http://${host}:4318/`, { HTTP_PROXY: 'http://plain:1' })).toBeUndefined()
  }
  expect(proxyFor('http://127.example.com/', { HTTP_PROXY: 'http://plain:1' })).toBe('http://plain:1')
})

test('NO_PROXY names hosts, domains and ports, with commas or blanks between them', () => {
  const exempt = (url: string, list: string): boolean =>
    proxyFor(url, { HTTP_PROXY: 'http://plain:1', NO_PROXY: list }) === undefined
  expect(exempt('http://a.example.com/', '*')).toBe(true)
  expect(exempt('http://a.example.com/', 'other, example.com')).toBe(true)
  expect(exempt('http://a.example.com/', 'other example.com')).toBe(true)
  expect(exempt('http://A.Example.com/', '.example.com')).toBe(true)
  expect(exempt('http://a.example.com/', '*.example.com')).toBe(true)
  expect(exempt('http://example.com/', 'example.com')).toBe(true)
  // These are subdomains alone.
  expect(exempt('http://example.com/', '.example.com')).toBe(false)
  expect(exempt('http://example.com/', '*.example.com')).toBe(false)
  expect(exempt('http://badexample.com/', '.example.com')).toBe(false)
  expect(exempt('http://example.com./', '., *.')).toBe(false)
  expect(exempt('http://a.example.com:4318/', 'example.com:4318')).toBe(true)
  expect(exempt('http://a.example.com:4318/', '.example.com:4318')).toBe(true)
  expect(exempt('http://a.example.com:4319/', 'example.com:4318')).toBe(false)
  expect(exempt('http://badexample.com/', 'example.com')).toBe(false)
  expect(exempt('http://[2001:db8::1]/', '2001:db8::1')).toBe(true)
  expect(exempt('http://[2001:db8::1]:4318/', '[2001:db8::1]:4318')).toBe(true)
  expect(exempt('http://10.0.0.1/', '10.0.0.2')).toBe(false)
  expect(exempt('http://a.example.com/', ' , ')).toBe(false)
})

test('NO_PROXY names networks and addresses, however they are written', () => {
  const exempt = (host: string, list: string): boolean =>
    proxyFor(`http://${host}:4318/`, { HTTP_PROXY: 'http://plain:1', NO_PROXY: list }) === undefined
  const cases: [host: string, list: string, isExempt: boolean][] = [
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', 'example.com, 10.9.9.9/8', true],
    ['192.168.3.7', '192.168.0.0/22', true],
    ['192.168.4.7', '192.168.0.0/22', false],
    ['10.1.2.3', '0.0.0.0/0', true],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['[fd00::1]', 'fd00::/8', true],
    ['[fd00::1]', '[fd00::]/8', true],
    ['[fe80::1]', 'fd00::/8', false],
    ['[2001:db8::1]', '2001:DB8:0:0::0/64', true],
    ['[2001:db8::1]', '2001:0db8:0::1', true],
    ['[2001:db8::1]', '[2001:0db8:0::1]:4318', true],
    ['[2001:db8::1]', '[2001:0db8:0::1]:4319', false],
    ['[::ffff:10.1.2.3]', '10.0.0.0/8', true],
    ['10.1.2.3', 'fd00::/8', false],
    ['10.1.2.3', '::/0', false],
    ['[::ffff:10.1.2.3]', '::/0', false],
    ['[2001:db8::1]', '::/0', true],
    ['[2001:db8::1]', '0.0.0.0/0', false],
    ['10.1.2.3', '::ffff:10.1.2.3', true],
    ['10.1.2.3', '::ffff:10.0.0.0/104', true],
    ['11.1.2.3', '::ffff:10.0.0.0/104', false],
    ['[::ffff:10.1.2.3]', '10.1.2.3', true],
    ['collector', '0.0.0.0/0', false],
    ['10.example.com', '10.0.0.0/8', false],
  ]
  for (const [host, list, expected] of cases) expect([host, list, exempt(host, list)]).toEqual([host, list, expected])
})

test('a network that is not one is named, and the others count', async () => {
  const bad = ['10.0.0.0/33', 'fd00::/129', '10.0.0/8', 'example.com/8', '10.0.0.0/x', '/8']
  const lines = captureDiag()
  const env = { HTTP_PROXY: 'http://plain:1', no_proxy: [...bad, '10.0.0.0/8'].join(',') }
  expect(proxyFor('http://10.1.2.3/', env)).toBeUndefined()
  expect(await said(lines)).toEqual(
    bad.map((entry) => expect.stringContaining(`no_proxy has "${entry}", which is not a network`)),
  )
})

test('what is no proxy is warned about, without its text', async () => {
  const lines = captureDiag()
  expect(proxyFor('http://collector/', { HTTP_PROXY: 'socks5://user:hush@p' })).toBeUndefined()
  expect(proxyFor('http://collector/', {}, 'hush')).toBeUndefined()
  expect(await said(lines)).toEqual([
    expect.stringContaining('HTTP_PROXY is not a URL'),
    expect.stringContaining('proxy is not a URL'),
  ])
  expect(lines.join()).not.toContain('hush')
})
