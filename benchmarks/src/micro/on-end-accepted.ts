// SPDX-License-Identifier: Apache-2.0
import type { SdkLine } from '@spanring/sdk-lines'
import type { MicroCase } from './micro-case.js'
import { createProcessorBench } from './processor-bench.js'
import type { ProcessorName } from './processor-bench.js'

/**
 * One export batch, so that whatever a processor does at its thresholds is in every sample in its true proportion: the
 * wake-ups of ours, the call of the exporter inside the 512th `onEnd` of stock's.
 */
const SPANS_PER_BATCH = 512

/**
 * `onEnd` while there is room. The queue is emptied off the clock between two batches: in one synchronous loop it would be
 * full after 2,048 spans, and the figure would be that of dropping them.
 */
export async function onEndAccepted(name: ProcessorName, line: SdkLine): Promise<MicroCase> {
  const { processor, endBatch, close } = await createProcessorBench(name, line, 'answers', SPANS_PER_BATCH)
  return { opsPerBatch: SPANS_PER_BATCH, batch: endBatch, between: () => processor.forceFlush(), close }
}
