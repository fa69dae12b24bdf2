// SPDX-License-Identifier: Apache-2.0
// Work that never settles, throws, or answers too often or too late.
import { setTimeout as sleep } from 'node:timers/promises'
import { CountingMeters } from '../lab/counting-meters.js'
import type { Call, Lab } from '../lab/lab.js'
import { LIMITS, SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

const never = new Promise<never>(() => {})
const TIMEOUT = LIMITS.exportTimeoutMillis

/** The first export goes wrong; a span that ends later must still arrive. */
async function misbehaveOnce(
  lab: Lab,
  firstExport: (call: Call) => unknown,
  options: Parameters<Lab['pipeline']>[1] = {},
): Promise<void> {
  const exporter = lab.scripted({ onExport: (call) => (call.number === 1 ? firstExport(call) : call.succeed()) })
  // Long, as in production: what is left of a failed export shows in how long the process lives.
  const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 3000, ...options })
  pipeline.end(1)
  await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
  pipeline.end(1)
  await lab.settles('second flush', () => pipeline.flush(), TIMEOUT)
  lab.require(exporter.delivered === 1, 'the next batch is not exported')
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}

export const neverSettling: readonly Scenario[] = [
  {
    id: '1',
    title: 'The exporter never calls back',
    async run(lab) {
      const exporter = lab.scripted({ onExport: () => {} })
      const pipeline = lab.pipeline(exporter)
      pipeline.end(1)
      const flushed = await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
      lab.require(flushed !== 'resolved', 'flush claims success')
      pipeline.end(1)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      lab.require(exporter.shutdowns === 1, '`exporter.shutdown` is never called')
    },
  },
  {
    id: '2a',
    title: '`export` throws',
    run: (lab) =>
      misbehaveOnce(lab, () => {
        throw new Error('thrown by export')
      }),
  },
  {
    id: '2b',
    title: '`export` throws after the wait for an asynchronous resource',
    run: (lab) =>
      misbehaveOnce(
        lab,
        () => {
          throw new Error('thrown by export')
        },
        { resource: lab.contender.sdk.resourceFromAttributes({ 'host.id': sleep(50, 'abc') }) },
      ),
  },
  {
    id: '2c',
    title: '`export` is async and rejects',
    run: (lab) => misbehaveOnce(lab, () => Promise.reject(new Error('rejected by export'))),
  },
  {
    id: '2d',
    title: 'The exporter has no `export` that could be called',
    async run(lab) {
      const pipeline = lab.pipeline({ export: 'not a function', shutdown: async () => {} } as never, {
        exportTimeoutMillis: 3000,
      })
      pipeline.end(1)
      await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '3a',
    title: 'The metrics SDK throws on every count while batches complete',
    async run(lab) {
      const meters = new CountingMeters()
      meters.onAdd = () => {
        throw new Error('thrown by the meter')
      }
      await completeBatches(lab, meters)
    },
  },
  {
    id: '3b',
    title: 'The logger throws on every line while batches fail',
    run: (lab) =>
      completeBatches(lab, new CountingMeters(), () => {
        lab.onLog = () => {
          throw new Error('thrown by the logger')
        }
      }),
  },
  {
    id: '4a',
    title: 'The exporter calls back three times: success, failure, success',
    async run(lab) {
      const exporter = lab.scripted({
        onExport(call) {
          call.succeed()
          call.fail()
          call.succeed()
        },
      })
      const pipeline = lab.pipeline(exporter)
      pipeline.end(1)
      await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '4b',
    title: 'The call back of the first batch comes long after its time-out, while a later batch is under way',
    async run(lab) {
      let first: Call | undefined
      let thirdIsUnderWay = false
      const exporter = lab.scripted({
        onExport(call) {
          if (call.number === 1) first = call
          else if (call.number === 2) call.succeed()
          else {
            thirdIsUnderWay = true
            setTimeout(() => first?.fail(), 20)
            setTimeout(() => call.succeed(), 100)
          }
        },
      })
      const pipeline = lab.pipeline(exporter, { maxExportBatchSize: 1, exportTimeoutMillis: 500 })
      pipeline.end(3)
      const isThere = await lab.until(() => thirdIsUnderWay)
      lab.require(isThere, 'the third batch never starts')
      await lab.settles('flush', () => pipeline.flush(), 500)
      lab.require(exporter.delivered === 2, 'flush does not wait for the batch under way')
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '5',
    title: 'Exports that never call back pile up under load (time-out 50 ms, queue of 100, batches of 10)',
    async run(lab) {
      const seen: WeakRef<object>[] = []
      const exporter = lab.scripted({ onExport: ({ spans }) => void seen.push(...spans.map((span) => new WeakRef(span))) })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 50 })
      await lab.every(20, 75, () => pipeline.end(10))
      // In a turn of its own: what a WeakRef has shown stays alive until the turn is over.
      await sleep(1)
      globalThis.gc?.()
      const held = seen.filter((ref) => ref.deref() !== undefined).length
      lab.note(`${exporter.running} exports unanswered`)
      lab.require(held <= LIMITS.maxExportBatchSize, `${held} spans of given up exports held in memory`)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '6',
    title: 'An attribute of the resource is a promise that never resolves',
    async run(lab) {
      let resolve: ((value: string) => void) | undefined
      const resource = lab.contender.sdk.resourceFromAttributes({ 'host.id': new Promise<string>((done) => (resolve = done)) })
      const exporter = lab.scripted()
      const pipeline = lab.pipeline(exporter, { resource })
      await lab.every(100, 10, () => pipeline.end(10))
      const before = exporter.callCount
      lab.require(before > 0, 'nothing is exported in five time-outs')
      resolve?.('abc')
      await sleep(20)
      const started = exporter.callCount - before
      lab.require(started <= 2, `${started} exports start at once when it resolves`)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '7',
    title: 'A resource of the application rejects while it is waited for',
    async run(lab) {
      const resource = {
        attributes: {},
        asyncAttributesPending: true,
        waitForAsyncAttributes: () => Promise.reject(new Error('no metadata')),
        getRawAttributes: () => [],
        merge: () => resource,
      }
      const pipeline = lab.pipeline(lab.scripted(), { resource, exportTimeoutMillis: 3000 })
      pipeline.end(5)
      await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '8',
    isSent: true,
    title: '`headers()` of the OTLP exporter hangs for 40 exports, then works again',
    async run(lab) {
      const sink = await lab.sink()
      let calls = 0
      const exporter = await lab.otlp({
        url: sink.url,
        timeoutMillis: 1000,
        headers: () => (calls++ % 41 ? never : Promise.resolve({})),
      })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 1000, maxExportBatchSize: 1 })
      pipeline.end(1)
      await lab.settles('first flush', () => pipeline.flush({ timeoutMillis: 2000 }), 2000)
      pipeline.end(40)
      await lab.until(() => calls >= 41, 3000)
      await sleep(1100)
      pipeline.end(1)
      await lab.settles('flush', () => pipeline.flush({ timeoutMillis: 1000 }), 1000)
      lab.require((await sink.stats()).delivered > 1, 'nothing gets through after it works again')
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
]

async function completeBatches(lab: Lab, meters: CountingMeters, prepare: () => void = () => {}): Promise<void> {
  const exporter = lab.scripted({ onExport: (call) => (call.number <= 2 ? setImmediate(() => call.fail()) : call.succeed()) })
  const pipeline = lab.pipeline(exporter, { meters })
  // Not before: an SDK says a word of its own while it is set up.
  prepare()
  for (let batch = 0; batch < 4; batch++) {
    pipeline.end(5)
    // oxlint-disable-next-line no-await-in-loop -- one batch after the other
    await sleep(50)
  }
  await lab.settles('flush', () => pipeline.flush(), TIMEOUT)
  lab.require(exporter.callCount === 4, `${exporter.callCount} of 4 batches are tried`)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}
