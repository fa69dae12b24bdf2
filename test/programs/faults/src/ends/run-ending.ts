// SPDX-License-Identifier: Apache-2.0
// node run-ending.js <contender> <how> <options of the exporter>: an application that ends spans until it ends itself.
import { writeSync } from 'node:fs'
import { sumOf } from '@spanring/test-kit/accounting'
import { loadContender } from '../contender.js'
import type { ContenderName, ExporterOptions } from '../contender.js'
import { Pipeline } from '../lab/pipeline.js'
import type { How, LastWords } from './ending.js'

/** Of the application, in milliseconds. */
const LOAD_MILLIS = 500

/** Spans every 5 ms: 2,000 a second. */
const SPANS = 10

const OPTIONS = { maxQueueSize: 2048, maxExportBatchSize: 512, scheduledDelayMillis: 200, exportTimeoutMillis: 2000 }

const [name, how, options = ''] = process.argv.slice(2)
const contender = await loadContender(name as ContenderName)
const { diag, DiagConsoleLogger, DiagLogLevel } = contender.sdk.api
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)
const exporter = await contender.createExporter({ timeoutMillis: 1000, ...(JSON.parse(options) as ExporterOptions) })
const pipeline = new Pipeline(contender, exporter, OPTIONS)

let endsAt = 0
const load = setInterval(() => pipeline.end(SPANS), 5)
const shutdown = (): Promise<void> =>
  pipeline.shutdown(2000).catch((error: Error) => console.error(`shutdown rejects: ${error.message}`))
const ends: Record<How, () => unknown> = {
  return: () => clearInterval(load),
  shutdown: async () => {
    clearInterval(load)
    await shutdown()
  },
  sigterm: () => process.kill(process.pid, 'SIGTERM'),
  exit: () => process.exit(0),
  kill: () => {
    // No code of the process runs after this.
    sayLastWords()
    process.kill(process.pid, 'SIGKILL')
  },
  exception: () => {
    throw new Error('a bug of the application')
  },
}
process.once('SIGTERM', () => {
  clearInterval(load)
  void shutdown().finally(() => process.exit(0))
})
function sayLastWords(): void {
  const { lost, pending, kept = 0 } = pipeline.counts()
  const words: LastWords = { ended: pipeline.ended, lost: sumOf(lost), kept, pending, millis: performance.now() - endsAt }
  writeSync(1, JSON.stringify(words))
}
process.once('exit', sayLastWords)
setTimeout(() => {
  endsAt = performance.now()
  ends[how as How]()
}, LOAD_MILLIS)
