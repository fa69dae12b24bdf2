// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { BufferConfig } from '@spanring/batch-span-processor'
import { OTLPTraceExporter } from '@spanring/otlp-exporter'
import type { OTLPTraceExporterOptions } from '@spanring/otlp-exporter'
import { setupProcessor } from '../processor/setup-processor.js'
import type { TracedProcessor } from '../processor/setup-processor.js'

export interface WholePipeline extends TracedProcessor {
  readonly exporter: OTLPTraceExporter
}

/** SDK 2.12 with our processor and our exporter; gone when the test is. */
export function setupWholePipeline(
  url: string,
  config: BufferConfig = {},
  options: OTLPTraceExporterOptions = {},
): WholePipeline {
  const exporter = new OTLPTraceExporter({ url, ...options })
  return { exporter, ...setupProcessor(exporter, config) }
}

/** Ends spans at that rate for so long, in stretches of what is due every few milliseconds; returns how many. */
export async function endAtRate(end: (count: number) => void, perSecond: number, millis: number): Promise<number> {
  const startedAt = performance.now()
  let ended = 0
  for (let elapsed = 0; elapsed < millis;) {
    // oxlint-disable-next-line no-await-in-loop -- that is the rate
    await sleep(2)
    elapsed = Math.min(performance.now() - startedAt, millis)
    const due = Math.floor((elapsed * perSecond) / 1000) - ended
    end(due)
    ended += due
  }
  return ended
}
