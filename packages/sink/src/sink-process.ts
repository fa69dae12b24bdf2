// SPDX-License-Identifier: Apache-2.0
import type { ForkAnswer, ForkCall, ForkResult } from './fork-message.js'
import type { Sink } from './sink.js'
import { startSink } from './local-sink.js'

// One message of 200,000 spans would block both processes for seconds.
const spansPerPart = 2000

let sink: Sink | undefined

process.on('message', (call: ForkCall) => {
  void answer(call)
})
// The parent is gone, so there will be no more calls.
process.on('disconnect', () => process.exit())

async function answer(call: ForkCall): Promise<void> {
  const { id } = call
  try {
    await send({ id, result: await run(call) })
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    await send({ id, error: message, errorName: name })
  }
}

async function run(call: ForkCall): Promise<ForkResult> {
  if (call.method === 'start') {
    sink = await startSink(...call.args)
    return { addresses: { url: sink.url, origin: sink.origin, grpcUrl: sink.grpcUrl } }
  }
  if (sink === undefined) throw new Error('the sink has not started')
  switch (call.method) {
    case 'script':
      await sink.script(...call.args)
      return {}
    case 'waitForSpans':
      await sink.waitForSpans(...call.args)
      return {}
    case 'stats':
      return { stats: await sink.stats() }
    case 'spans':
      await sendSpans(sink, call.id)
      return {}
    case 'stopListening':
    case 'listenAgain':
    case 'reset':
    case 'close':
      await sink[call.method]()
  }
  return {}
}

async function sendSpans(from: Sink, id: number): Promise<void> {
  const spans = await from.spans()
  for (let at = 0; at < spans.length; at += spansPerPart) {
    // oxlint-disable-next-line no-await-in-loop -- waiting until a part was sent limits what is buffered
    await send({ id, part: spans.slice(at, at + spansPerPart) })
  }
}

async function send(message: ForkAnswer): Promise<void> {
  await new Promise<void>((resolve) => {
    // An error means that the parent is gone, and 'disconnect' ends this process.
    process.send?.(message, undefined, undefined, () => {
      resolve()
    })
  })
}
