// SPDX-License-Identifier: Apache-2.0
import type { SpanExporter, SpanResource } from '@spanring/core'
import { FakeClock } from '@spanring/test-kit/clock'
import type { Settings } from '../src/options.js'
import { SpanPipeline } from '../src/span-pipeline.js'
import { IncrementalDouble } from './incremental-double.js'
import type { Lies } from './incremental-double.js'
import { ManualExporter } from './manual-exporter.js'
import { ClockedExporter } from './clocked-exporter.js'
import type { Behaviour } from './clocked-exporter.js'
import { createSpan } from './span.js'

/** Small numbers, so that a test reads like the scenarios it is about. */
export const SETTINGS: Settings = {
  maxQueueSize: 100,
  maxExportBatchSize: 10,
  scheduledDelayMillis: 50,
  exportTimeoutMillis: 200,
  shutdownTimeoutMillis: 10_000,
  turnBudgetMillis: 0.5,
}

/** How a promise ended, or that it has not. */
export interface Watched {
  state: 'pending' | 'fulfilled' | 'rejected'
  error?: unknown
  /** On the clock's scale, relative to the start of the watch. */
  after?: number
}

function build<E extends SpanExporter>(clock: FakeClock, exporter: E, settings: Partial<Settings>) {
  const pipeline = new SpanPipeline(exporter, { ...SETTINGS, ...settings }, clock)
  let ended = 0
  const end = (count = 1, resource?: SpanResource): void => {
    for (let i = 0; i < count; i++) pipeline.admit(createSpan(ended++, resource))
  }
  const watch = (promise: Promise<void>): Watched => {
    const startedAt = clock.now()
    const watched: Watched = { state: 'pending' }
    promise.then(
      () => Object.assign(watched, { state: 'fulfilled', after: clock.now() - startedAt }),
      (error: unknown) => Object.assign(watched, { state: 'rejected', error, after: clock.now() - startedAt }),
    )
    return watched
  }
  return { clock, exporter, pipeline, end, watch }
}

export function setup(settings: Partial<Settings>, ...script: Behaviour[]) {
  const clock = new FakeClock()
  return build(clock, new ClockedExporter(clock, ...script), settings)
}

export function setupManual(settings: Partial<Settings> = {}, given?: ManualExporter) {
  const clock = new FakeClock()
  return build(clock, given ?? new ManualExporter(() => clock.now()), settings)
}

export function setupIncremental(settings: Partial<Settings>, concurrency = 1, lies: Partial<Lies> = {}) {
  const clock = new FakeClock()
  return build(clock, new IncrementalDouble(clock, concurrency, lies), settings)
}
