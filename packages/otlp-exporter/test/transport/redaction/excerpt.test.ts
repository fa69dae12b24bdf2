// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveOptions } from '../../../src/config/settings.js'
import { excerptOf } from '../../../src/transport/redaction/excerpt.js'
import { Secrets } from '../../../src/transport/redaction/secrets.js'

const SETTINGS = resolveOptions({ url: 'http://127.0.0.1/v1/traces' }, {})
const secretsOf = (...values: string[]): Secrets =>
  new Secrets(SETTINGS, Object.fromEntries(values.map((value, index) => [`x-${index}`, value])))
const NO_SECRETS = secretsOf()

test('wherever a text is cut, and however it was read, no more than three characters of a secret are in what is left', () => {
  const secret = fc.string({ minLength: 4, maxLength: 96, unit: fc.constantFrom(...'ABCDEFGH+/=-._'.split('')) })
  fc.assert(
    fc.property(secret, fc.nat(400), fc.nat(500), fc.integer({ min: 1, max: 300 }), (value, before, read, length) => {
      fc.pre(!value.includes('…'))
      const text = `${'y'.repeat(before)}${value}${'y'.repeat(100)}`
      const isWhole = read >= text.length
      const shown = excerptOf(text.slice(0, read), secretsOf(`Bearer ${value}`), length, isWhole)
      const parts = Array.from({ length: value.length - 3 }, (_, at) => value.slice(at, at + 4))
      expect(parts.filter((part) => shown.includes(part))).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test('a text that is too long to be looked at does not end in the beginning of a secret', () => {
  const secret = 's3cr3t'.repeat(20)
  for (let before = 16 * 1024 - 130; before <= 16 * 1024 + 10; before++) {
    expect(excerptOf('y'.repeat(before) + secret, secretsOf(secret), 100_000)).not.toContain('s3c')
  }
})

test('of a text that was cut only what may belong to a secret goes, however long secrets are', () => {
  for (const length of [100, 800, 1600, 12_000]) {
    const secrets = secretsOf(`Bearer ${'aB3dE'.repeat(length / 5)}`)
    expect(excerptOf('over capacity', secrets, 300, false)).toBe('over capacity…')
    expect(excerptOf('over capacity aB3', secrets, 300, false)).toBe('over capacity …')
    expect(excerptOf('over capacity '.repeat(2000), secrets, 300)).toMatch(/^(over capacity ){21}/)
  }
})

test('a secret is found in a text that was escaped again, and in one of a script', () => {
  const secret = 'ab/cd&e+f=="x'
  const secrets = secretsOf(secret)
  const once = [encodeURIComponent(secret), 'ab&#47;cd&amp;e+f==&quot;x', 'ab/cd%26e+f==%22x']
  const again = [encodeURIComponent, (text: string) => text.replaceAll('&', '&amp;').replaceAll('%', '&#37;')]
  const twice = once.flatMap((text) => again.map((escape) => escape(text)))
  const thrice = twice.map((text) => encodeURIComponent(text))
  const script = String.raw`ab\x2fcd\x26e\x2Bf\x3D\x3D\x22x`
  for (const text of [...twice, ...thrice, script]) {
    expect.soft(excerptOf(`no ${text} here`, secrets, 300)).toBe('no … here')
    for (let end = 4; end < text.length; end++) {
      expect.soft(excerptOf(`no ${text.slice(0, end)}`, secrets, 300, false)).toMatch(/^no .?.?.?…$/)
    }
  }
})

test('several blanks in a secret are found where each is a plus', () => {
  expect(excerptOf('no ab++cd here', secretsOf('ab  cd'), 300)).toBe('no … here')
})

test('a secret is found in the spellings of JSON, HTML, URLs and other character sets', () => {
  const secret = 'a+b/c=d"é&<x>'
  const secrets = secretsOf(secret)
  const spellings = [
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(secret)
      .slice(1, -1)
      .replaceAll('/', String.raw`\/`),
    String.raw`a\u002bb\u002Fc\u003dd\u0022\u00e9\u0026\u003cx\u003e`,
    'a+b/c=d&quot;é&amp;&lt;x&gt;',
    'a&#43;b&#x2F;c&#x3D;d&#34;&eacute;&#38;&#60;x&#62;',
    encodeURIComponent(secret),
    'a%2Bb%2Fc%3Dd%22%E9%26%3Cx%3E',
    Buffer.from(secret, 'latin1').toString('utf8'),
    Buffer.from(secret, 'utf8').toString('latin1'),
    secret.toUpperCase(),
  ]
  for (const spelling of spellings) expect(excerptOf(`you sent ${spelling}!`, secrets, 300)).toBe('you sent …!')
})

test('a secret of any characters is found however it is written, and wherever the text is cut', () => {
  const common = 'aBc9&\\"<>/+=,:. $é\u00c3\u00a9ж😀'.match(/./gu) as string[]
  const withEscapes = [['%', '%41'], ['&lt;', ';'], [String.raw`\u0041`]].map((escapes) =>
    fc.string({ minLength: 6, maxLength: 40, unit: fc.constantFrom(...common, ...escapes) }),
  )
  // Blanks at an end are trimmed before a header is sent, and of a row of them HTML shows one.
  const secret = fc.oneof(...withEscapes).map((text) => `k9${text.replaceAll(/ +/g, ' ')}k9`)
  const written = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.toUpperCase(),
    (text) => JSON.stringify(text).slice(1, -1),
    (text) => encodeURIComponent(text),
    (text) => encodeURIComponent(text).replaceAll(/%../g, (escape) => escape.toLowerCase()),
    (text) => new URLSearchParams([['', text]]).toString().slice(1),
    (text) => text.replaceAll(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`),
    (text) => text.replaceAll(/[&<>]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[char] as string),
    (text) => Buffer.from(text).toString('latin1'),
  )
  fc.assert(
    fc.property(secret, written, fc.nat(400), (value, write, read) => {
      const text = `0000 ${write(value)}`
      const shown = excerptOf(text.slice(0, read), secretsOf(value), 1000, read >= text.length)
      expect('0000 …'.startsWith(shown) || shown === `${'0000'.slice(0, read)}…`).toBe(true)
      expect(excerptOf(`${text} 0000`, secretsOf(value), 1000)).toBe('0000 … 0000')
    }),
    { numRuns: 3000 },
  )
})

test('what is in quotes or behind a name is found by itself, however short its pieces are', () => {
  const secrets = secretsOf('sid=x1:y2,z3; lang="q1:r2,s3"', 'Bearer a1:b2,c3')
  for (const text of ['x1:y2,z3', 'q1:r2,s3', 'a1:b2,c3']) expect([text, secrets.redact(text)]).toEqual([text, '…'])
})

test('with more secrets than can be looked for nothing is shown', () => {
  const cookieOf = (count: number): string => Array.from({ length: count }, (_, index) => `k${index}="v-${index}"`).join('; ')
  expect(excerptOf('you sent v-17', secretsOf(cookieOf(20)), 300)).toBe('you sent …')
  expect(excerptOf('you sent v-17', secretsOf(cookieOf(2000)), 300)).toBe('')
  expect(excerptOf('you sent v-17', secretsOf(cookieOf(2000)), 300, false)).toBe('')
})

test('the length of a secret is no limit', () => {
  for (const unit of ['!#$%&()*+,-./:;<=>?@[]^_`{|}~', 'aB3dE', '\\"', '""']) {
    const secret = unit.repeat(4000)
    expect(excerptOf(`you sent ${secret.slice(0, 12_000)}`, secretsOf(secret.slice(0, 12_000)), 300)).toBe('you sent …')
  }
})

test('no text of a backend keeps the event loop busy: what it may repeat is looked at once', () => {
  const secrets = [
    String.raw`\\\\\\\\\\\\\\\\\\\\\\x`,
    'éèêëéèêëéèêëéèêëx',
    'a                x',
    '&&&&&&&&&&&&x',
    '""x',
    'aaaa + + + + bbbb',
    `b${'a'.repeat(8000)}`,
  ].map((secret) => secretsOf(secret))
  for (const unit of [
    '\\',
    '\ufffd',
    ' ',
    'a ',
    '&',
    '&amp;',
    '&#0',
    '"',
    '+',
    '%5c',
    'é',
    `aaaa${'+'.repeat(120)}`,
    `aaaa${'&a;'.repeat(60)}`,
  ]) {
    const text = unit.repeat(16 * 1024).slice(0, 16 * 1024)
    // Not a measurement: what went wrong here would take hours.
    for (const secret of secrets) expect(excerptOf(text, secret, 300).length).toBeLessThanOrEqual(301)
  }
})

test('what is secret: values of headers and their parts, credentials, what a query asks with; not what everybody may see', () => {
  const url = 'http://me:pa%24s@127.0.0.1/v1/traces?api_key=quEry-1&barequery2'
  const settings = resolveOptions({ url: url.replace('127.0.0.1', 'collector.test'), proxy: 'http://you:pr%24xy@127.0.0.1' }, {})
  const headers = {
    ...settings.headers,
    'x-api-key': 'key-0123',
    cookie: 'a=c00kie1; b=c00kie2',
    'content-type': 'application/x-protobuf',
    'user-agent': 'product/1',
  }
  const secrets = new Secrets(settings, headers)
  const hidden = [
    'pa$s',
    'me:pa$s',
    'pr$xy',
    'quEry-1',
    'barequery2',
    'key-0123',
    'c00kie1',
    'c00kie2',
    Buffer.from('me:pa$s').toString('base64'),
  ]
  for (const text of hidden) expect([text, secrets.redact(text)]).toEqual([text, '…'])
  const shown = 'Basic application/x-protobuf of product/1 is missing api_key'
  expect(secrets.redact(shown)).toBe(shown)
})

test('it is one line, and a terminal obeys nothing in it', () => {
  expect(excerptOf(' one\r\n\ttwo\u2028three ', NO_SECRETS, 300)).toBe('one two three')
  expect(excerptOf('\u001b[2J\u0007\u202ebad\u0000\ud800', NO_SECRETS, 300)).toBe(
    String.raw`\u001b[2J\u0007\u202ebad\u0000\ud800`,
  )
})

test('it is cut between characters, and says so', () => {
  expect(excerptOf('x'.repeat(301), NO_SECRETS, 300)).toBe(`${'x'.repeat(300)}…`)
  expect(excerptOf('x'.repeat(300), NO_SECRETS, 300)).toBe('x'.repeat(300))
  expect(excerptOf(`${'x'.repeat(299)}😀`, NO_SECRETS, 300)).toBe(`${'x'.repeat(299)}…`)
  expect(excerptOf('beginning', NO_SECRETS, 300, false)).toBe('beginning…')
  expect(excerptOf('', NO_SECRETS, 300, false)).toBe('')
})
