// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { wordsOf } from '../../../src/transport/answer/answer-words.js'
import { block, varint } from '../plain-batch.js'

const wordsOfText = (text: string): string => wordsOf(Buffer.from(text)).words

test('a google.rpc.Status says its message, in protobuf and in JSON', () => {
  const details = block(3, block(1, Buffer.from('type.googleapis.com/google.rpc.ErrorInfo')))
  const status = Buffer.concat([varint(8), varint(3), block(2, Buffer.from('bad trace id')), details])
  expect(wordsOf(status)).toEqual({ words: 'bad trace id', text: 'bad trace id' })
  // Of a longer one the beginning is there.
  expect(wordsOf(status.subarray(0, -5)).words).toBe('bad trace id')
  const json = '{"code":3,"message":"bad trace id","details":[]}'
  expect(wordsOf(Buffer.from(json))).toEqual({ words: 'bad trace id', text: json })
})

test('errors in JSON have their text in many places', () => {
  for (const value of [
    { error: 'no key' },
    { error: { message: 'no key' } },
    { errors: ['no key'] },
    { errors: [{ title: 'Forbidden', detail: 'no key' }] },
    { error_description: 'no key' },
    ['no key'],
  ]) {
    expect([value, wordsOfText(JSON.stringify(value))]).toEqual([value, 'no key'])
  }
  for (const text of ['{"status":"error"}', '{"message":{}}', '{"message":', '[]']) expect(wordsOfText(text)).toBe(text)
})

test('a page says its title, and what a reader sees if that is more', () => {
  const nginx =
    '<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center><h1>502 Bad Gateway</h1></center><hr>nginx</body>'
  expect(wordsOfText(nginx)).toBe('502 Bad Gateway nginx')
  const express = '<!DOCTYPE html><head><title>Error</title><style>a { b: c }</style><body><pre>Cannot POST /v1/traces</pre>'
  expect(wordsOfText(express)).toBe('Error: Cannot POST /v1/traces')
  expect(wordsOfText('<title>Sign in</title><script>if (a < b) c()</script>')).toBe('Sign in')
  expect(wordsOfText('<script>for ever')).toBe('')
})

test('text says itself; bytes that are none say nothing', () => {
  expect(wordsOfText(' invalid token\n')).toBe('invalid token')
  expect(wordsOfText('')).toBe('')
  expect(wordsOf(Buffer.from('1f8b08000000000000034b4c4a06', 'hex')).words).toBe('')
})

test('any bytes are read without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void wordsOf(bytes)),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.json(), (text) => void wordsOfText(text)),
    { numRuns: 1000 },
  )
})
