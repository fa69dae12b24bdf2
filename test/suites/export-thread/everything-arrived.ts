// SPDX-License-Identifier: Apache-2.0
import type { Sink } from '@spanring/sink'
import { expect } from 'vitest'
import type { WholePipeline } from '../whole-pipeline/setup-whole-pipeline.js'

/** All spans have arrived, each once, and nothing is left of them. */
export async function expectEverythingArrived({ processor, exporter }: WholePipeline, sink: Sink, count: number): Promise<void> {
  expect(processor.stats()).toMatchObject({ ended: count, exported: count, failed: {} })
  expect(exporter.stats()).toMatchObject({ exported: count, failed: {}, inFlight: 0, bufferedBytes: 0 })
  expect(await sink.stats()).toMatchObject({ delivered: count, duplicates: 0 })
}
