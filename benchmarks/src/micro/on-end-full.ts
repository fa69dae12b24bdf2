// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SdkLine } from '@spanring/sdk-lines'
import type { MicroCase } from './micro-case.js'
import { createProcessorBench } from './processor-bench.js'
import type { ProcessorName } from './processor-bench.js'

const SPANS_PER_BATCH = 512
/** More than the queue of 2,048 and a batch in flight. */
const BATCHES_TO_FILL = 8

/** `onEnd` on a full queue behind an exporter that never answers: the one place where a slow `onEnd` would feed an overload. */
export async function onEndFull(name: ProcessorName, line: SdkLine): Promise<MicroCase> {
  const { endBatch, close } = await createProcessorBench(name, line, 'holds', SPANS_PER_BATCH)
  for (let i = 0; i < BATCHES_TO_FILL; i++) {
    endBatch()
    // oxlint-disable-next-line no-await-in-loop -- the processor needs turns of its own to hand over what it can
    await nextTurn()
  }
  return { opsPerBatch: SPANS_PER_BATCH, batch: endBatch, between: () => nextTurn(), close }
}
