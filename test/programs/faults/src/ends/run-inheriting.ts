// SPDX-License-Identifier: Apache-2.0
// node run-inheriting.js <contender> <options of the exporter>: the next process with a spool. It ends one span, and shuts
// down when everything that an earlier process has left is exported or has failed.
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { sumOf } from '@spanring/test-kit/accounting'
import type { OTLPTraceExporter } from '@spanring/otlp-exporter'
import { loadContender } from '../contender.js'
import type { ContenderName, ExporterOptions } from '../contender.js'
import { Pipeline } from '../lab/pipeline.js'
import type { HeirWords } from './ending.js'

/** How long it waits at most, in milliseconds. */
const PATIENCE_MILLIS = 15_000

const [name, options = ''] = process.argv.slice(2)
const contender = await loadContender(name as ContenderName)
const { diag, DiagConsoleLogger, DiagLogLevel } = contender.sdk.api
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)
const exporter = await contender.createExporter(JSON.parse(options) as ExporterOptions)
const pipeline = new Pipeline(contender, exporter, { exportTimeoutMillis: PATIENCE_MILLIS })

const words = (): HeirWords => {
  const { found, exported, failed } = (exporter as unknown as OTLPTraceExporter).stats().inherited
  return { found, exported, failed: sumOf(failed) }
}
const isDone = ({ found, exported, failed }: HeirWords): boolean => found > 0 && exported + failed >= found

pipeline.end(1)
for (const giveUpAt = performance.now() + PATIENCE_MILLIS; performance.now() < giveUpAt && !isDone(words());) {
  // oxlint-disable-next-line no-await-in-loop -- polling
  await sleep(20)
}
await pipeline.shutdown(PATIENCE_MILLIS)
writeSync(1, JSON.stringify(words()))
