// SPDX-License-Identifier: Apache-2.0
// Latches that stay shut, and shutdowns in the wrong order.
import { setTimeout as sleep } from 'node:timers/promises'
import { CountingMeters } from '../lab/counting-meters.js'
import type { Call, Lab } from '../lab/lab.js'
import { LIMITS, SHUTDOWN_MILLIS } from '../lab/pipeline.js'
import type { Scenario } from '../scenario.js'

const TIMEOUT = LIMITS.exportTimeoutMillis
const never = new Promise<never>(() => {})

export const shutdownOrder: readonly Scenario[] = [
  {
    id: '24a',
    title: 'An export fails long after its time-out; the queue fills meanwhile and no further span ends',
    run: (lab) => resume(lab, (call) => void setTimeout(() => call.fail(), 5 * TIMEOUT).unref()),
  },
  {
    id: '24b',
    title: 'An export throws; the queue fills meanwhile and no further span ends',
    run: (lab) =>
      resume(lab, () => {
        throw new Error('thrown by export')
      }),
  },
  {
    id: '24c',
    title: 'An export rejects; the queue fills meanwhile and no further span ends',
    run: (lab) => resume(lab, () => Promise.reject(new Error('rejected by export'))),
  },
  {
    id: '25',
    title: 'Shutdown while an export of 0.5 s is under way; the exporter drops what it has when it is shut down',
    async run(lab) {
      const log: string[] = []
      let underWay: Call | undefined
      const exporter = lab.scripted({
        async onExport(call) {
          underWay = call
          await sleep(500, undefined, { ref: false })
          if (call.isAnswered) return
          log.push('export ends')
          call.succeed()
        },
        async onShutdown() {
          log.push('exporter.shutdown')
          if (underWay?.isAnswered === false) underWay.fail('the exporter is shut down')
        },
      })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      pipeline.end(5)
      await lab.until(() => underWay !== undefined)
      await lab.settles('shutdown', () => pipeline.shutdown(5000), 2000)
      lab.require(log[0] === 'export ends', 'the exporter is shut down before its export has ended')
    },
  },
  {
    id: '26',
    title: 'The last export of a shutdown fails',
    async run(lab) {
      const exporter = lab.scripted({ onExport: (call) => void setTimeout(() => call.fail(), 5) })
      const meters = new CountingMeters()
      const pipeline = lab.pipeline(exporter, { meters, exportTimeoutMillis: 3000 })
      pipeline.end(5)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      lab.require(exporter.shutdowns === 1, '`exporter.shutdown` is never called')
      lab.require(meters.callbacks === 0, 'the metrics callback is left')
    },
  },
  {
    id: '27a',
    title: '`exporter.shutdown` never settles',
    run: (lab) => shutDown(lab, () => never),
  },
  {
    id: '27b',
    title: '`exporter.shutdown` throws',
    run: (lab) =>
      shutDown(lab, () => {
        throw new Error('thrown by shutdown')
      }),
  },
  {
    id: '27c',
    title: '`exporter.shutdown` rejects',
    run: (lab) => shutDown(lab, () => Promise.reject(new Error('rejected by shutdown'))),
  },
  {
    id: '28',
    title: 'Spans end at once after the call of shutdown, 0.1 s later and when it is over',
    async run(lab) {
      const exporter = lab.scripted({ onExport: (call) => void setTimeout(() => call.succeed(), 150) })
      const pipeline = lab.pipeline(exporter, { exportTimeoutMillis: 1000 })
      pipeline.end(12)
      const done = pipeline.shutdown(3000)
      pipeline.end(4)
      setTimeout(() => pipeline.end(4), 100)
      await lab.settles('shutdown', () => done, 1000)
      await sleep(100)
      pipeline.end(4)
    },
  },
  {
    id: '29a',
    title: 'Spans, flushes and shutdowns in every order before, during and after a shutdown',
    async run(lab) {
      type Pipeline = ReturnType<Lab['pipeline']>
      const steps: ((pipeline: Pipeline) => unknown)[] = [
        (pipeline) => pipeline.end(1),
        (pipeline) => pipeline.flush(),
        (pipeline) => pipeline.shutdown(),
      ]
      const waits: unknown[] = []
      for (const before of steps) {
        for (const during of steps) {
          for (const after of steps) {
            const exporter = lab.scripted({ onExport: (call) => setImmediate(() => call.succeed()) })
            const pipeline = lab.pipeline(exporter)
            pipeline.end(1)
            waits.push(before(pipeline))
            const done = pipeline.shutdown()
            waits.push(
              during(pipeline),
              done.then(() => after(pipeline)),
            )
          }
        }
      }
      await lab.settles('all of them', () => Promise.all(waits), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '29b',
    isSent: true,
    title: 'The OTLP exporter is given a batch after its shutdown',
    async run(lab) {
      const sink = await lab.sink()
      const exporter = await lab.otlp({ url: sink.url, timeoutMillis: 1000 })
      const first = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      const second = lab.pipeline(exporter, { exportTimeoutMillis: 2000 })
      first.end(1)
      await lab.settles('shutdown of the first', () => first.shutdown(), SHUTDOWN_MILLIS)
      second.end(1)
      const status = await lab.settles('flush of the second', () => second.flush(), TIMEOUT)
      lab.require(status === 'rejected', 'it says that it has sent it')
      lab.require((await sink.stats()).requests === 1, 'it sends although it is shut down')
      await lab.settles('shutdown of the second', () => second.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '30',
    title: 'What is called on every batch (meter, logger) returns a promise that never settles; 100 batches',
    async run(lab) {
      const meters = new CountingMeters()
      meters.onAdd = () => never
      lab.onLog = () => never
      const exporter = lab.scripted({ onExport: (call) => (call.number % 2 === 0 ? call.fail() : call.succeed()) })
      const pipeline = lab.pipeline(exporter, { meters, maxQueueSize: 2000 })
      pipeline.end(1000)
      await lab.settles('flush', () => pipeline.flush({ timeoutMillis: 2000 }), 2000)
      lab.require(exporter.callCount >= 100, `${exporter.callCount} of 100 batches are tried`)
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
    },
  },
  {
    id: '31',
    isSent: true,
    title: 'SIGTERM with 10,000 spans queued and a backend to which no connection is made; the handler awaits `shutdown`',
    async run(lab) {
      const url = await lab.blackHole()
      if (url === undefined) return lab.notApplicable('this kernel accepts connections beyond the backlog')
      const exporter = await lab.otlp({ url, timeoutMillis: 500 })
      const options = { maxQueueSize: 20_000, maxExportBatchSize: 512, exportTimeoutMillis: 1000, scheduledDelayMillis: 5000 }
      const pipeline = lab.pipeline(exporter, options)
      const signalled = new Promise((resolve) => process.once('SIGTERM', resolve))
      pipeline.end(10_000)
      process.kill(process.pid, 'SIGTERM')
      await lab.until(() => signalled.then(() => true))
      await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
      const isSaid = lab.said.some((line) => line.includes(String(lab.ended)))
      lab.require(isSaid, 'the log does not say how many are lost')
    },
  },
  {
    id: '32',
    title: 'The application is done while an export hangs and spans are queued; nobody calls shutdown',
    async run(lab) {
      const pipeline = lab.pipeline(lab.scripted({ onExport: () => {} }), { maxExportBatchSize: 1, exportTimeoutMillis: 1500 })
      pipeline.end(5)
      await sleep(50)
      lab.leaveUnaccounted('5 spans end with the process')
    },
  },
]

/** The first export goes wrong after a while; nothing but the processor itself may wake it after that. */
async function resume(lab: Lab, firstExport: (call: Call) => unknown): Promise<void> {
  const exporter = lab.scripted({ onExport: (call) => (call.number === 1 ? firstExport(call) : call.succeed()) })
  const pipeline = lab.pipeline(exporter)
  pipeline.end(LIMITS.maxExportBatchSize)
  await lab.until(() => exporter.callCount > 0)
  // As many as the queue has room for, and a few more.
  pipeline.end(LIMITS.maxQueueSize + 20)
  const hasResumed = await lab.until(() => exporter.delivered >= LIMITS.maxQueueSize - LIMITS.maxExportBatchSize, 2000)
  lab.require(hasResumed, `it does not resume: ${exporter.delivered} delivered`)
  await lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
}

async function shutDown(lab: Lab, onShutdown: () => unknown): Promise<void> {
  const pipeline = lab.pipeline(lab.scripted({ onShutdown }))
  pipeline.end(5)
  const done = lab.settles('shutdown', () => pipeline.shutdown(), SHUTDOWN_MILLIS)
  await sleep(50)
  await Promise.all([done, lab.settles('a later flush', () => pipeline.flush(), SHUTDOWN_MILLIS)])
}
