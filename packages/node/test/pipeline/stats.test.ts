// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SpanExporter } from '@spanring/batch-span-processor'
import { describe, expect, test } from 'vitest'
import { createSpanProcessor } from '../../src/pipeline/create-span-processor.js'
import type { SpanProcessor } from '../../src/pipeline/composite-processor.js'
import { stats } from '../../src/pipeline/thread-processors.js'

const SPAN = { spanContext: () => ({ traceFlags: 1 }), resource: {} } as never

/** A processor whose exporter answers at once with that code. */
function create(code = 0): SpanProcessor {
  const exporter: SpanExporter = { export: (_spans, done) => done({ code }), shutdown: () => Promise.resolve() }
  return createSpanProcessor({ exporter, maxQueueSize: 100 })
}

describe('stats of a program that makes a processor for each invocation', () => {
  test('keeps their counts and lets go of the processors', async () => {
    const before = stats()
    const gone: WeakRef<SpanProcessor>[] = []
    async function invoke(code: number): Promise<void> {
      const processor = create(code)
      gone.push(new WeakRef(processor))
      processor.onEnd(SPAN)
      await processor.shutdown().catch(() => {})
    }
    // oxlint-disable-next-line no-await-in-loop -- one invocation after the other
    for (let i = 0; i < 100; i++) await invoke(i % 2)
    // A promise that has settled holds its value until its jobs have run.
    await nextTurn()
    gc?.()

    const { ended, exported, failed, queueCapacity } = stats()
    expect(ended - before.ended).toBe(100)
    expect(exported - before.exported).toBe(50)
    expect((failed['export_failed'] ?? 0) - (before.failed['export_failed'] ?? 0)).toBe(50)
    expect(queueCapacity).toBe(0)
    expect(gone.filter((reference) => reference.deref() !== undefined)).toHaveLength(0)
  })

  test('counts the queues of those alone that are not shut down', async () => {
    const [one, other] = [create(), create()]
    expect(stats().queueCapacity).toBe(2 * 200)
    await one.shutdown()
    expect(stats().queueCapacity).toBe(200)
    await other.shutdown()
    expect(stats().queueCapacity).toBe(0)
  })

  test('counts what ends after the shutdown, too', async () => {
    const processor = create()
    const before = stats()
    const ended = processor.shutdown()
    processor.onEnd(SPAN)
    await ended
    processor.onEnd(SPAN)
    processor.onEnd({} as never)
    processor.onEnd({ spanContext: () => ({ traceFlags: 0 }) } as never)

    const after = stats()
    expect(after.ended - before.ended).toBe(3)
    expect(after.dropped.already_shutdown - before.dropped.already_shutdown).toBe(2)
    expect(after.dropped.invalid_span - before.dropped.invalid_span).toBe(1)
    expect(after.queued + after.inFlight).toBe(0)
  })
})
