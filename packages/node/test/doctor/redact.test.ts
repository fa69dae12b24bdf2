// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { redact } from '../../src/doctor/redact.js'

describe('redact', () => {
  test.each([
    ['the value of a header', 'api-key=open-sesame', 'refused: open-sesame', 'refused: …'],
    ['a value that is percent-encoded', 'api-key=open%20sesame', 'refused: open sesame', 'refused: …'],
    ['a token without its scheme', 'authorization=Bearer sesame', 'token sesame of Bearer', 'token … of Bearer'],
    ['what was meant to be a header', 'Authorization: Bearer sesame', 'Authorization: Bearer sesame', '…'],
    ['the second of two', 'a=b,x=sesame', 'x is sesame', 'x is …'],
  ])('takes out %s', (_what, headers, text, clean) => {
    expect(redact(text, { OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers })).toBe(clean)
  })

  test('takes user, password and query out of a URL', () => {
    expect(redact('to https://me:sesame@host:4318/v1/traces?key=sesame now', {})).toBe('to https://…@host:4318/v1/traces?… now')
  })

  test('takes the whole of a password with an @ out of every URL', () => {
    const text = 'not http://me:se@same@host:4318, but "https://me:s@s@me@other/x@y" and http://plain:4318 of me@host'
    const clean = 'not http://…@host:4318, but "https://…@other/x@y" and http://plain:4318 of me@host'

    expect(redact(text, {})).toBe(clean)
  })

  test('takes out a password in which a slash was not encoded, and leaves an @ in a path', () => {
    const text = 'no URL: http://me:ses/a@me@host:4318, but http://host:4318/x@y, http://host:/x@y and http://[::1]:4318/x@y are'
    const clean = 'no URL: http://…@host:4318, but http://host:4318/x@y, http://host:/x@y and http://[::1]:4318/x@y are'

    expect(redact(text, {})).toBe(clean)
  })

  test('leaves the values of other variables and short ones as they are', () => {
    const env = { OTEL_SERVICE_NAME: 'sesame', OTEL_EXPORTER_OTLP_HEADERS: 'x=1' }

    expect(redact('1 span of sesame', env)).toBe('1 span of sesame')
  })
})
