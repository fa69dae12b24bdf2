// SPDX-License-Identifier: Apache-2.0
import type { Sdk } from '@spanring/sdk-lines'
import { SeededRandom } from '@spanring/test-kit/random'
import type { ReadableSpan } from './encode-contenders.js'
import type { Shape } from './encode-fixtures.js'

const SEED = 20_261_121

/** Makes new spans that have ended, all of one provider and one tracer as in an application, and the same in every process. */
export function createSpanMaker(sdk: Sdk): (shape: Shape, count: number) => ReadableSpan[] {
  let spans: ReadableSpan[] = []
  const done = async (): Promise<void> => {}
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const tracer = sdk.createTracerProvider([collector]).getTracer('spanring-benchmarks', '0.0.0')
  const random = new SeededRandom(SEED)
  return (shape, count) => {
    spans = []
    for (let i = 0; i < count; i++) shape(tracer, sdk, random)
    return spans
  }
}
