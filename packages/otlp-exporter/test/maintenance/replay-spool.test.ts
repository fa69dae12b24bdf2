// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { setupDirectory, setupMissingDirectory } from '@spanring/test-kit/directory'
import { closedPort, listen } from '@spanring/test-kit/servers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { replaySpool } from '../../src/maintenance/replay-spool.js'
import { endedSpans } from '../ended-span.js'
import { setupExporter } from '../exporter/setup-exporter.js'
import { makeCertificate } from '../transport/certificates.js'

interface Seen {
  readonly path: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly client: unknown
  readonly body: Buffer
}

const authority = makeCertificate('authority')
const server = makeCertificate('server', authority)
const client = makeCertificate('client', authority)

/** A backend that takes only those who show a certificate. */
async function setupBackend(): Promise<{ origin: string; seen: Seen[] }> {
  const seen: Seen[] = []
  const tls = { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true }
  const backend = createServer(tls, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const { 'content-length': _length, ...headers } = request.headers
      const body = Buffer.concat(chunks)
      seen.push({
        path: request.url,
        headers,
        client: (request.socket as TLSSocket).getPeerCertificate().subject?.CN,
        body: headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body,
      })
      response.end()
    })
  })
  return { origin: `https://127.0.0.1:${await listen(backend)}`, seen }
}

function setVariables(variables: Readonly<Record<string, string>>): void {
  onTestFinished(() => void vi.unstubAllEnvs())
  const directory = setupDirectory()
  const contents = { CERTIFICATE: authority.cert, CLIENT_CERTIFICATE: client.cert, CLIENT_KEY: client.key }
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(directory, name), content)
    vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, join(directory, name))
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(`OTEL_EXPORTER_OTLP_${name}`, value)
}

/** Spans that an application could not deliver. */
async function leave(spans: ReturnType<typeof endedSpans>): Promise<string> {
  const directory = setupMissingDirectory()
  const url = `http://127.0.0.1:${await closedPort()}/v1/traces`
  const { exporter, exportSpans } = setupExporter({ url, spool: { directory }, timeoutMillis: 500 })
  await exportSpans(spans)
  await exporter.shutdown()
  return directory
}

test.each([
  ['http/protobuf', 'gzip'],
  ['http/protobuf', 'none'],
  ['http/json', 'gzip'],
  ['http/json', 'none'],
])('what replay sends is what an application with the same variables sends: %s, %s', async (PROTOCOL, COMPRESSION) => {
  const { origin, seen } = await setupBackend()
  setVariables({ ENDPOINT: `${origin}/prefix`, HEADERS: 'x-token=a%20b,x-tenant=c', PROTOCOL, COMPRESSION })
  const spans = endedSpans(3)
  const { exportSpans } = setupExporter({})
  await exportSpans(spans)
  const directory = await leave(spans)

  const { exported, failed, endpoint } = await replaySpool({ directory, waitMillis: 20_000 })
  expect({ exported, failed, endpoint }).toEqual({ exported: 3, failed: {}, endpoint: `${origin}/prefix/v1/traces` })
  expect(seen).toHaveLength(2)
  expect(seen[1]).toEqual(seen[0])
  expect(seen[1]).toMatchObject({
    path: '/prefix/v1/traces',
    headers: { 'x-token': 'a b', 'x-tenant': 'c' },
    client: 'client',
  })
})

test('an endpoint and headers of the call come before those of the variables', async () => {
  const { origin, seen } = await setupBackend()
  setVariables({
    TRACES_ENDPOINT: `https://127.0.0.1:${await closedPort()}/v1/traces`,
    HEADERS: 'x-token=variable,x-tenant=variable',
  })
  const directory = await leave(endedSpans(3))

  await replaySpool({ directory, endpoint: origin, headers: { 'x-token': 'call=1' }, waitMillis: 20_000 })
  expect(seen.map(({ path, headers }) => [path, headers['x-token'], headers['x-tenant']])).toEqual([
    ['/v1/traces', 'call=1', 'variable'],
  ])
})
