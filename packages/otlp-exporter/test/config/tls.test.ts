// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { resolveTls } from '../../src/config/tls.js'
import { captureDiag, said } from '../capture-diag.js'

function file(content: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'spanring-tls-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const path = join(dir, 'file.pem')
  writeFileSync(path, content)
  return path
}

test('files are read at once, those for traces first', () => {
  const env = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: file('general ca'),
    OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: file('traces ca'),
    OTEL_EXPORTER_OTLP_CLIENT_KEY: file('key'),
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file('cert'),
  }
  expect(resolveTls([undefined, {}], env)).toEqual({
    ca: Buffer.from('traces ca'),
    key: Buffer.from('key'),
    cert: Buffer.from('cert'),
  })
})

test('a setting comes from the first source that has it', async () => {
  const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca'), OTEL_EXPORTER_OTLP_CLIENT_KEY: '/not/needed' }
  const lines = captureDiag()
  const tls = resolveTls(
    [
      { key: 'mine', servername: undefined },
      { key: 'theirs', servername: 'name', agent: 7 },
    ],
    env,
  )
  expect(tls).toEqual({ key: 'mine', servername: 'name', ca: Buffer.from('ca') })
  expect(resolveTls([{ pfx: 'bundle' }], { OTEL_EXPORTER_OTLP_CLIENT_KEY: '/not/needed' })).toEqual({ pfx: 'bundle' })
  expect(await said(lines)).toEqual([])
})

test('a file that cannot be read is named with its variable, and the next one is used', async () => {
  const lines = captureDiag()
  const env = { OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: '/does/not/exist.pem', OTEL_EXPORTER_OTLP_CERTIFICATE: file('ca') }
  expect(resolveTls([], env)).toEqual({ ca: Buffer.from('ca') })
  expect(await said(lines)).toEqual([
    'OTLPTraceExporter: OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE names /does/not/exist.pem, which cannot be read (ENOENT); not used',
  ])
})
