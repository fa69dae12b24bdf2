// SPDX-License-Identifier: Apache-2.0
import { Client, type ClientUnaryCall, type ServiceError, credentials } from '@grpc/grpc-js'
import { expect, onTestFinished, test } from 'vitest'
import type { Sink } from '../src/sink.js'
import { fullBytes, fullSpan } from './otlp/full-request.js'
import { setupSink } from './setup-sink.js'
import { block, int, requestWith } from './wire.js'

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const same = (bytes: Buffer): Buffer => bytes

interface Sender {
  readonly send: (body: Buffer, onCall?: (call: ClientUnaryCall) => void) => Promise<Buffer>
}

async function setup(): Promise<{ sink: Sink; sender: Sender }> {
  const sink = await setupSink({ grpc: true })
  const client = new Client(new URL(sink.grpcUrl ?? '').host, credentials.createInsecure())
  onTestFinished(() => {
    client.close()
  })
  const send: Sender['send'] = async (body, onCall) =>
    new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(path, same, same, body, { deadline: Date.now() + 10_000 }, (error, response) => {
        if (error === null) resolve(response ?? Buffer.alloc(0))
        else reject(error)
      })
      onCall?.(call)
    })
  return { sink, sender: { send } }
}

test('an export over gRPC becomes the same spans as over HTTP', async () => {
  const { sink, sender } = await setup()
  expect(await sender.send(fullBytes)).toHaveLength(0)
  expect(await sink.spans()).toStrictEqual([fullSpan])
  const stats = await sink.stats()
  expect(stats).toMatchObject({ requests: 1, connections: 1, openConnections: 1, delivered: 1, bytesDecoded: fullBytes.length })
  expect(stats.bytesOnTheWire).toBeGreaterThan(fullBytes.length)
  expect(stats.lastHeaders).toMatchObject({ 'user-agent': expect.stringContaining('grpc-node') })
})

test('a sink without gRPC has no address for it', async () => {
  expect((await setupSink()).grpcUrl).toBeUndefined()
})

test('a partial success comes over gRPC', async () => {
  const { sink, sender } = await setup()
  await sink.script({ partialSuccess: { rejectedSpans: 2, errorMessage: 'no room' } })
  expect(await sender.send(requestWith(3))).toEqual(block(1, int(1, 2), block(2, 'no room')))
  expect(await sink.stats()).toMatchObject({ delivered: 1, rejected: 2 })
})

test.each([
  [400, 3],
  [429, 14],
  [503, 14],
  [500, 13],
])('status %i is gRPC code %i', async (status, code) => {
  const { sink, sender } = await setup()
  await sink.script({ status, body: 'scripted', headers: { 'x-why': 'test' } })
  const error: ServiceError = await sender.send(requestWith(2)).then(
    () => Promise.reject(new Error('delivered')),
    (reason: ServiceError) => reason,
  )
  expect({ code: error.code, details: error.details, why: error.metadata.get('x-why') }).toEqual({
    code,
    details: 'scripted',
    why: ['test'],
  })
  expect(await sink.stats()).toMatchObject({ refused: 2, delivered: 0 })
})

test('a malformed message is an invalid argument', async () => {
  const { sink, sender } = await setup()
  await expect(sender.send(Buffer.from('rubbish'))).rejects.toMatchObject({
    code: 3,
    details: expect.stringContaining('not an OTLP'),
  })
  expect((await sink.stats()).refusals).toEqual({ decode: 1 })
})

test.each([{ fault: 'never' as const }, { fault: 'drip' as const }, { delayMillis: 60_000 }])(
  '%j over gRPC: no answer comes until the sender gives up',
  async (reply) => {
    const { sink, sender } = await setup()
    await sink.script(reply)
    let hanging: ClientUnaryCall | undefined
    const answer = sender.send(requestWith(2), (call) => {
      hanging = call
    })
    await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(2)
    hanging?.cancel()
    await expect(answer).rejects.toMatchObject({ code: 1 })
    await expect.poll(async () => (await sink.stats()).unanswered, { interval: 2 }).toBe(2)
  },
)

test.each([
  ['cut-before-headers', 2],
  ['cut-after-headers', 2],
  ['cut-in-request', 0],
] as const)('%s over gRPC breaks the connection', async (fault, received) => {
  const { sink, sender } = await setup()
  await sink.script({ fault, times: 1 })
  await expect(sender.send(requestWith(2))).rejects.toMatchObject({ code: 14 })
  await expect.poll(async () => (await sink.stats()).openConnections, { interval: 2 }).toBe(0)
  expect(await sink.stats()).toMatchObject({ received, unanswered: received, delivered: 0, connections: 1 })
})

test('close breaks a call that hangs', async () => {
  const { sink, sender } = await setup()
  await sink.script({ fault: 'never' })
  const answer = sender.send(requestWith(1))
  await expect.poll(async () => (await sink.stats()).waiting, { interval: 2 }).toBe(1)
  const broken = expect(answer).rejects.toMatchObject({ code: expect.any(Number) })
  await sink.close()
  await broken
})
