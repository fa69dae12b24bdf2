// SPDX-License-Identifier: Apache-2.0
// The `exit` event of a process: promises and timers no longer run, but an exporter may still be able to send.
import type { SpanExporter } from '@spanring/core'
import { FakeClock } from '@spanring/test-kit/clock'
import { expect, test } from 'vitest'
import { SpanPipeline } from '../../src/span-pipeline.js'
import { IncrementalDouble } from '../incremental-double.js'
import { setupIncremental } from '../setup-pipeline.js'

test('everything that is queued is handed over in the call, as far as slots allow, and more as outcomes arrive', () => {
  const { exporter, pipeline, end } = setupIncremental({}, 2, { send: [{ answer: 'never', delay: undefined }] })
  end(35)
  exporter.drain?.()
  expect(exporter.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10])
  expect(pipeline.stats()).toMatchObject({ inFlight: 20, exported: 0 })

  exporter.sent[0]?.deadline.onOutcome?.({ exported: 10, failed: {} })
  exporter.sent[1]?.deadline.onOutcome?.({ exported: 9, failed: { rejected: 1 } })
  expect(pipeline.stats()).toMatchObject({ inFlight: 0, exported: 19, failed: { rejected: 1 } })

  exporter.drain?.()
  expect(exporter.sent.map(({ numbers }) => numbers.length)).toEqual([10, 10, 10, 5])
})

test('an outcome that comes in both ways counts once, and the first one counts', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({}, 1, { send: [{ answer: 'ok', delay: 20 }] })
  end(10)
  exporter.drain?.()
  exporter.sent[0]?.deadline.onOutcome?.({ exported: 0, failed: { timeout: 10 } })
  await clock.advance(1000)
  expect(pipeline.stats()).toMatchObject({ ended: 10, exported: 0, inFlight: 0, failed: { timeout: 10 } })
})

test('nothing is handed over after a shutdown', async () => {
  const { clock, exporter, pipeline, end } = setupIncremental({})
  const ended = pipeline.shutdown()
  await clock.advance(100)
  await ended
  end(3)
  exporter.drain?.()
  expect(exporter.sent).toEqual([])
})

test('an exporter whose onExit throws is used as any other', async () => {
  const clock = new FakeClock()
  class Throwing extends IncrementalDouble {
    override onExit(): void {
      throw new Error('no')
    }
  }
  const settings = { maxQueueSize: 100, maxExportBatchSize: 10, scheduledDelayMillis: 50, exportTimeoutMillis: 200 }
  const exporter: SpanExporter = new Throwing(clock, 1)
  expect(
    () => new SpanPipeline(exporter, { ...settings, shutdownTimeoutMillis: 1000, turnBudgetMillis: 0.5 }, clock),
  ).not.toThrow()
})
