// SPDX-License-Identifier: Apache-2.0
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { setupTransport } from '../setup-transport.js'

const PAGE = '<!doctype html><html><head><title>Sign in</title></head><body><form action="/login">User</form></body></html>'

for (const [body, type, shown] of [
  [PAGE, 'text/html', 'Sign in: User'],
  ['{"status":"error"}', 'application/json', '{"status":"error"}'],
  ['{"error":{"message":"no such tenant"}}', 'application/json', 'no such tenant'],
  ['OK', 'text/plain', 'OK'],
  [PAGE, 'application/x-protobuf', 'Sign in: User'],
  [Buffer.from('1f8b08000000000000034b4c4a06', 'hex'), 'application/x-protobuf', '14 bytes'],
] as const) {
  test(`200 with ${shown} as ${type} is told once, and the spans count as exported`, async () => {
    const sink = await setupSink()
    const lines = captureDiag()
    await sink.script({ body, headers: { 'content-type': type } })
    const { send, counts, changes } = setupTransport({ url: sink.url })
    for (let count = 0; count < 3; count++) expect(await send(2)).toEqual({ exported: 2, failed: {} })
    expect(counts.attempts).toBe(3)
    expect(changes).toEqual([])
    expect(lines).toEqual([
      `OTLPTraceExporter: [SPANRING_NOT_OTLP] ${sink.url} answered 200 with something that is not an OTLP response: ${shown}; ` +
        'the spans count as exported; is this the address of an OTLP backend?',
    ])
  })
}

test('an empty body, an empty object, and both answers of OTLP are fine, whatever type they say they have', async () => {
  const sink = await setupSink()
  const lines = captureDiag()
  const { send } = setupTransport({ url: sink.url })
  for (const body of ['', '\n', '{}', '{"partialSuccess":{}}', Buffer.from([10, 0]), Buffer.from([10, 2, 8, 0])]) {
    for (const type of ['application/x-protobuf', 'application/json', 'text/plain', 'text/html', '']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await sink.script({ body, headers: { 'content-type': type } })
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect(await send(2)).toEqual({ exported: 2, failed: {} })
    }
  }
  expect(lines).toEqual([])
})

test('a partial success in JSON is read whatever type it says it has', async () => {
  const sink = await setupSink()
  const lines = captureDiag()
  const { send } = setupTransport({ url: sink.url })
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } })
  for (const type of ['text/plain', 'application/x-protobuf', '']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sink.script({ body, headers: { 'content-type': type } })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    expect(await send(3)).toMatchObject({ exported: 1, failed: { rejected: 2 }, error: { code: 'rejected' } })
  }
  expect(lines).toEqual([expect.stringMatching(/rejected 2 of 3 spans: too old$/)])
})

test('a token is in no warning, wherever the message is cut', async () => {
  const token = Array.from({ length: 96 }, (_, index) => String.fromCodePoint(65 + (index % 26))).join('')
  const sink = await setupSink()
  for (const before of [0, 203, 204, 205, 250, 299, 300]) {
    const lines = captureDiag()
    const { send } = setupTransport({ url: sink.url, headers: { authorization: `Bearer ${token}` } })
    const errorMessage = `${'y'.repeat(before)}${token} is not valid`
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sink.script({ partialSuccess: { rejectedSpans: 1, errorMessage } })
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { error } = await send(2)
    expect(lines).toHaveLength(1)
    for (const text of [lines[0], error?.message]) expect(text).not.toMatch(/ABC|XYZ/)
  }
})
