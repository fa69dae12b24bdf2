// SPDX-License-Identifier: Apache-2.0
// Spans at a steady rate through both pipelines at once, whatever happens to the backend: URL of stock, URL of ours,
// spans a second, seconds.
import { setTimeout as sleep } from 'node:timers/promises'
import { loadSdk } from '@spanring/sdk-lines'
import { SeededIdGenerator } from '@spanring/traced-program'
import { send } from './messages.js'
import { createOurs, createPipeline } from './pipelines.js'

const PAUSE_MILLIS = 10

const [stockUrl = '', ourUrl = '', perSecond, seconds] = process.argv.slice(2)
const count = Number(perSecond) * Number(seconds)
const sdk = await loadSdk('2.12')
const warnings: string[] = []
const ignore = (): void => {}
const warn = (...said: unknown[]): void => void warnings.push(said.join(' '))
const logger = { verbose: ignore, debug: ignore, info: ignore, warn, error: warn }
sdk.api.diag.setLogger(logger)
const ours = createOurs(sdk, { protocol: 'http/protobuf', url: ourUrl })
const stock = stockUrl === '' ? [] : [createPipeline(sdk, 'stock', { protocol: 'http/protobuf', url: stockUrl })]
const provider = new sdk.TracerProvider({ idGenerator: new SeededIdGenerator(11), spanProcessors: [...stock, ours] })
const tracer = provider.getTracer('steady')

const startedAt = performance.now()
let ended = 0
while (ended < count) {
  const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1000) * Number(perSecond)))
  for (; ended < due; ended++) {
    if (ended === Math.floor(count / 2)) send({ reached: 'half' })
    tracer.startSpan(`step ${ended}`, { attributes: { sequence: ended, payload: 'x'.repeat(200) } }).end()
  }
  // oxlint-disable-next-line no-await-in-loop -- the rate
  await sleep(PAUSE_MILLIS)
}
// What a backend refused to the end is a rejection here, and in the report.
await provider.forceFlush().catch(() => {})
await provider.shutdown().catch(() => {})
send({ report: { ended, stats: ours.stats(), warnings } })
process.disconnect()
