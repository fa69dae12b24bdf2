// SPDX-License-Identifier: Apache-2.0
// The child runs the built files: build before this.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { expect, onTestFinished, test, vi } from 'vitest'
import { forkSink } from '../src/fork-sink.js'
import type { Sink } from '../src/sink.js'
import type { SinkOptions } from '../src/sink-options.js'
import { startSink } from '../src/local-sink.js'
import { send, sendJson } from './http-client.js'
import { fullBytes, fullJson, fullSpan } from './otlp/full-request.js'
import { requestWith } from './wire.js'

const entry = createRequire(import.meta.url).resolve('@spanring/sink/process')

async function setup(options?: SinkOptions): Promise<Sink> {
  const sink = await forkSink(options)
  onTestFinished(() => sink.close())
  return sink
}

/** Everything that a sink can be asked, and what it says, without what differs from one start to the next. */
async function interview(sink: Sink): Promise<unknown> {
  expect(sink.url).toBe(`${sink.origin}/v1/traces`)
  expect(sink.grpcUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await sink.script({ status: 503, body: Buffer.from('busy') }, { partialSuccess: { rejectedSpans: 1 } }, {})
  const busy = await send(sink.url, requestWith(2))
  const partial = await send(sink.url, requestWith(2))
  await send(sink.url, fullBytes)
  await sendJson(sink.url, fullJson)
  await sink.waitForSpans(3)
  const misspelt = await sink.script({ status: 1 }).catch((error: unknown) => error)
  await sink.stopListening()
  const refused = await send(sink.url, requestWith(2)).catch(({ code }: NodeJS.ErrnoException) => code)
  await sink.listenAgain()
  const tooMany = await sink.waitForSpans(99, 1).catch((error: unknown) => error)
  const { lastHeaders, openConnections: _, bytesOnTheWire, ...stats } = await sink.stats()
  expect(bytesOnTheWire).toBeGreaterThan(fullBytes.length)
  const spans = await sink.spans()
  await sink.reset()
  const after = { spans: await sink.spans(), delivered: (await sink.stats()).delivered }
  const contentType = lastHeaders?.['content-type']
  return { refused, busy: busy.body, partial: partial.body, misspelt, tooMany, stats, spans, after, contentType }
}

test('a sink in a child process has the same face as one in this process', async () => {
  const forked = await setup({ grpc: true })
  const local = await startSink({ grpc: true })
  onTestFinished(() => local.close())
  const answers = await interview(forked)
  expect(answers).toStrictEqual(await interview(local))
  expect(answers).toMatchObject({
    refused: 'ECONNREFUSED',
    spans: [{ name: 'span 1' }, fullSpan, fullSpan],
    misspelt: expect.any(RangeError),
  })
})

test('more spans than one message holds come whole and in order', async () => {
  const sink = await setup()
  await send(sink.url, requestWith(4500))
  const spans = await sink.spans()
  expect(spans.map(({ attributes }) => attributes['number'])).toEqual(Array.from({ length: 4500 }, (_, at) => BigInt(at + 1)))
})

test('an option that does not exist, or a port that is taken, is an error here', async () => {
  const misspelt: object = { host: '0.0.0.0' }
  await expect(forkSink(misspelt)).rejects.toThrow(new RangeError('a sink has no option host'))
  const sink = await setup()
  await expect(forkSink({ port: Number(new URL(sink.origin).port) })).rejects.toThrow('EADDRINUSE')
})

test('the child does not run the preload of its parent', async () => {
  vi.stubEnv('NODE_OPTIONS', '--require=/nowhere/preload.cjs')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const sink = await setup()
  expect(await sink.stats()).toMatchObject({ requests: 0 })
})

test('close ends the child, and a call after that fails', async () => {
  const sink = await forkSink()
  const waiting = expect(sink.waitForSpans(1, 60_000)).rejects.toThrow('closed while waiting')
  await sink.close()
  await waiting
  await expect(send(sink.url, fullBytes)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await expect(sink.stats()).rejects.toThrow('the sink is closed')
  await sink.close()
})

test('the child ends when its parent does, also with a request that hangs', async () => {
  const { parent, url } = await parentWithSink()
  await expect(send(url, fullBytes, { signal: AbortSignal.timeout(100) })).rejects.toThrow()
  parent.kill('SIGKILL')
  await expect
    .poll(async () => send(url, fullBytes).catch((error: NodeJS.ErrnoException) => error.code), { interval: 20 })
    .toBe('ECONNREFUSED')
})

async function parentWithSink(): Promise<{ parent: ChildProcess; url: string }> {
  const script = `
    import { forkSink } from '@spanring/sink'
    const sink = await forkSink()
    await sink.script({ fault: 'never' })
    console.log(sink.url)
  `
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: new URL('..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    parent.kill('SIGKILL')
  })
  const [url] = await once(parent.stdout, 'data')
  return { parent, url: String(url).trim() }
}

test('a call to a process that dies fails and tells so', async () => {
  const child = fork(entry, { serialization: 'advanced', execArgv: [] })
  const { ForkedSink } = await import('../src/forked-sink.js')
  const sink = new ForkedSink(child)
  await sink.start({})
  const waiting = expect(sink.waitForSpans(1, 60_000)).rejects.toThrow('the sink process has ended (SIGKILL)')
  child.kill('SIGKILL')
  await waiting
  await sink.close()
})

test('kill leaves a request without an answer and the port free; what is closed later has nothing to do', async () => {
  const sink = await forkSink()
  await sink.script({ fault: 'never' })
  const sent = send(sink.url, requestWith(1)).catch((error: unknown) => error)
  await vi.waitFor(async () => expect((await sink.stats()).requests).toBe(1))
  await sink.kill()
  expect(await sent).toBeInstanceOf(Error)
  await expect(sink.stats()).rejects.toThrow('the sink is closed')
  const next = await setup({ port: Number(new URL(sink.url).port) })
  expect((await send(next.url, requestWith(1))).status).toBe(200)
  await sink.close()
})
