// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util'
import { captureDiag } from '@spanring/test-kit/diag'
import { setupSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'
import { makeCertificate } from '../certificates.js'
import { setupTransport } from '../setup-transport.js'

const SECRET = 'hush-7Qz'

test('no secret is in any line, error, hook or outcome, whatever fails', async () => {
  const sink = await setupSink()
  const { host } = new URL(sink.url)
  const lines = captureDiag()
  const { cert, key } = makeCertificate('client')
  const url = `http://user:${SECRET}@${host}/v1/traces?api_key=${SECRET}`
  const seen: unknown[] = []
  const run = async (options: object, env: Record<string, string> = {}): Promise<void> => {
    const setup = setupTransport({ url, timeoutMillis: 150, retry: { initialBackoffMillis: 10 }, ...options }, { env })
    for (const reply of [
      { status: 400, body: SECRET },
      { status: 503, body: SECRET },
      { partialSuccess: { rejectedSpans: 1, errorMessage: `you sent ${SECRET}` } },
      { fault: 'cut-before-headers' },
      { fault: 'never' },
    ] as const) {
      await sink.script(reply)
      seen.push(await setup.send(2))
    }
    seen.push(setup.finished, setup.changes)
  }
  await run({ headers: { authorization: `Bearer ${SECRET}`, 'x-bad': `${SECRET}\n` }, tls: { cert, key, passphrase: SECRET } })
  await run({ headers: () => ({ 'x-key': SECRET, 'x-bad': `${SECRET}\u0000` }) })
  await run({ headers: () => Promise.reject(new Error(SECRET)) })
  await run({ proxy: `http://user:${SECRET}@127.0.0.1:1` })
  await run({ url: `https://user:${SECRET}@${host}/` })
  await run({}, { OTEL_EXPORTER_OTLP_HEADERS: `a=${SECRET},b=%${SECRET},${SECRET}`, OTEL_EXPORTER_OTLP_ENDPOINT: SECRET })
  const said = lines.join('\n') + inspect(seen, { depth: 10, showHidden: true })
  expect(lines.length).toBeGreaterThan(4)
  expect(said).toContain('ExporterError')
  expect(said).not.toContain(SECRET)
  expect(said).not.toContain(Buffer.from(`user:${SECRET}`).toString('base64'))
  expect(said).not.toContain(key.split('\n')[1])
})
