// SPDX-License-Identifier: Apache-2.0
import type { BatchSpanProcessor, SpanExporter } from '@spanring/batch-span-processor'
import { afterEach, expect, test } from 'vitest'
import { flush } from '../../src/pipeline/flush.js'
import { sharedState } from '../../src/pipeline/thread-processors.js'
import { createSpanProcessor } from '../../src/pipeline/create-span-processor.js'
import type { SpanProcessor } from '../../src/pipeline/composite-processor.js'

afterEach(() => expect(sharedState().processors.size, 'a processor that is shut down is forgotten').toBe(0))

/** A processor with one span queued, whose exporter answers with that code in a later turn of the event loop. */
function setup(code: number) {
  const exporter: SpanExporter = {
    export: (_spans, done) => void setImmediate(() => done({ code })),
    shutdown: () => Promise.resolve(),
  }
  const processor = createSpanProcessor({ exporter }) as SpanProcessor & Pick<BatchSpanProcessor, 'stats'>
  processor.onEnd({ spanContext: () => ({ traceFlags: 1 }), resource: {} } as never)
  return processor
}

test('flush waits for a shutdown that is still delivering', async () => {
  const processor = setup(0)
  const ended = processor.shutdown()

  expect(await flush()).toBe(true)
  expect(processor.stats()).toMatchObject({ exported: 1, inFlight: 0 })
  await ended
})

test('flush says so if a shutdown does not deliver', async () => {
  const processor = setup(1)
  const ended = processor.shutdown()

  expect(await flush()).toBe(false)
  await expect(ended).rejects.toThrow('1 of 1 spans failed')
})
