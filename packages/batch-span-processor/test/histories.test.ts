// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict'
import { accountedFor } from '@spanring/test-kit/accounting'
import { FakeClock } from '@spanring/test-kit/clock'
import { seedFromEnvironment } from '@spanring/test-kit/random'
import fc from 'fast-check'
import { test } from 'vitest'
import type { SpanExporter } from '@spanring/core'
import type { Settings } from '../src/options.js'
import { SpanPipeline } from '../src/span-pipeline.js'
import { IncrementalDouble } from './incremental-double.js'
import type { AddAnswer, Lies, OpenAnswer, SendAnswer, Sent, StoredAnswer } from './incremental-double.js'
import { ClockedExporter } from './clocked-exporter.js'
import type { Behaviour, EndBehaviour } from './clocked-exporter.js'
import { createSpan } from './span.js'

const TIMEOUT = 200
const SETTINGS: Settings = {
  maxQueueSize: 25,
  maxExportBatchSize: 10,
  scheduledDelayMillis: 50,
  exportTimeoutMillis: TIMEOUT,
  shutdownTimeoutMillis: 10_000,
  turnBudgetMillis: 0.5,
}
const RUNS = 10_000

/** One thing that happens to a processor. */
type Step =
  | { do: 'end'; count: number }
  | { do: 'flush'; timeoutMillis: number | undefined; abortAfter: number | undefined }
  | { do: 'advance'; millis: number }
  | { do: 'stall'; millis: number }
  | { do: 'hide' }
  | { do: 'shutdown'; timeoutMillis: number | undefined }

type Reentry = 'no' | 'ends a span' | 'flushes' | 'shuts down'

const limit = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('end' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), millis: fc.integer({ min: 0, max: 400 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), timeoutMillis: limit, abortAfter: limit }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stall' as const), millis: fc.integer({ min: 1, max: 500 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hide' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('shutdown' as const), timeoutMillis: limit }) },
)
const steps = fc.array(step, { minLength: 1, maxLength: 14 })
const delay = fc.option(fc.integer({ min: 0, max: 5 * TIMEOUT }), { nil: undefined })
/** Longer than any deadline, and than some shutdowns. */
const storedDelay = fc.option(fc.integer({ min: 0, max: 15 * TIMEOUT }), { nil: undefined })
const reentry = fc.constantFrom<Reentry>('no', 'no', 'ends a span', 'flushes', 'shuts down')

/** A promise that was returned, and by when it must have settled. */
interface Promised {
  readonly what: string
  readonly at: number
  settled: boolean
}

/** Lives through a history and checks the invariants after every step. */
class Life {
  readonly clock: FakeClock
  readonly pipeline: SpanPipeline
  readonly #handedOver: () => number[]
  readonly #promised: Promised[] = []
  readonly #violations: string[] = []
  /** Whether the page is being hidden, and how many spans are with the exporter because of that. */
  isHiding = false
  hidden = 0
  /** Called when a flush fulfils, with the number of the first span that it did not cover. */
  onFlushed: (target: number) => void = () => {}
  #ended = 0
  #fed = 0
  #isEnding = false
  #isShutDown = false

  constructor(clock: FakeClock, exporter: SpanExporter, handedOver: () => number[]) {
    this.clock = clock
    this.pipeline = new SpanPipeline(exporter, SETTINGS, clock)
    this.#handedOver = handedOver
  }

  /** Called by the exporter while it is being called; an export that waits for a flush would wait for itself. */
  reenter(how: Reentry, where: 'export' | 'add'): void {
    const isAtOnce = where === 'export'
    this.checkCounts()
    // Bounded: an exporter that ends a span for every span it takes feeds itself for ever.
    // Not inside the onEnd of another span: the inner one is admitted first, and the numbers of spans do not say so.
    if (how === 'ends a span' && !this.#isEnding && this.#fed++ < 50) this.end(1)
    if (how === 'flushes') {
      const bound = isAtOnce ? 0 : this.#isShutDown ? 10_000 : TIMEOUT
      this.#promise(`flush inside ${where}`, bound, this.pipeline.forceFlush())
    }
    if (how === 'shuts down') {
      const bound = isAtOnce ? 0 : this.#isShutDown ? 10_000 : 500
      this.#promise(`shutdown inside ${where}`, bound, this.pipeline.shutdown({ timeoutMillis: 500 }))
      this.#isShutDown = true
    }
  }

  end(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#isEnding = true
      this.pipeline.admit(createSpan(this.#ended++))
      this.#isEnding = false
      this.checkCounts()
    }
  }

  async take(action: Step): Promise<void> {
    if (action.do === 'end') this.end(action.count)
    else if (action.do === 'advance') await this.clock.advance(action.millis)
    else if (action.do === 'stall') this.clock.stall(action.millis)
    else if (action.do === 'hide') this.#hide()
    else if (action.do === 'flush') this.#flush(action.timeoutMillis, action.abortAfter)
    else this.shutdown(action.timeoutMillis)
    // Also after a stall: what was due in the meantime gets its turn before anything is judged.
    await this.clock.advance(0)
    this.check()
  }

  shutdown(timeoutMillis: number | undefined): void {
    // The first call fixes the bound; a second one gets the same promise.
    const bound = this.#isShutDown ? 10_000 : (timeoutMillis ?? 10_000)
    this.#isShutDown = true
    this.#promise('shutdown', bound, this.pipeline.shutdown({ timeoutMillis }))
  }

  #flush(timeoutMillis: number | undefined, abortAfter: number | undefined): void {
    const controller = new AbortController()
    if (abortAfter !== undefined) this.clock.later(() => controller.abort(), abortAfter)
    const bound = this.#isShutDown ? 10_000 : Math.min(timeoutMillis ?? TIMEOUT, abortAfter ?? Infinity)
    const target = this.#ended
    const flush = this.pipeline.forceFlush({ timeoutMillis, signal: controller.signal })
    this.#promise('flush', bound, flush)
    flush.then(
      () => this.onFlushed(target),
      () => {},
    )
  }

  /** There is no such event once shutdown has begun. */
  #hide(): void {
    if (this.#isShutDown) return
    const { inFlight } = this.pipeline.stats()
    this.isHiding = true
    this.pipeline.drainNow()
    this.isHiding = false
    this.hidden += this.pipeline.stats().inFlight - inFlight
  }

  #promise(what: string, bound: number, promise: Promise<void>): void {
    const promised = { what, at: this.clock.now() + bound, settled: false }
    this.#promised.push(promised)
    const settle = (): void => {
      promised.settled = true
    }
    promise.then(settle, settle)
  }

  /** For checks inside a call into the exporter: what is thrown there is one failed export more, and no failed test. */
  must(holds: boolean, what: string): void {
    if (!holds) this.#violations.push(what)
  }

  checkCounts(): void {
    const stats = this.pipeline.stats()
    this.must(accountedFor(stats) === stats.ended, 'I1: every span is somewhere')
    this.must(stats.queued <= stats.queueCapacity, 'I5: no more wait as objects than there is room for')
  }

  check(): void {
    this.checkCounts()
    assert.deepEqual(this.#violations, [])
    assert.equal(this.pipeline.stats().ended, this.#ended, 'I1: every span was counted')
    let last = -1
    for (const number of this.#handedOver()) {
      assert.ok(number > last, 'I3 and I4: each span once, in the order of ending')
      last = number
    }
    for (const { what, at, settled } of this.#promised) {
      if (this.clock.now() > at) assert.ok(settled, `I6: ${what} settles by its bound`)
    }
  }

  async live(actions: Step[]): Promise<void> {
    for (const action of actions) await this.take(action)
    this.shutdown(undefined)
    await this.clock.advance(10_001)
    this.check()
    const { queued, encoded, inFlight, stored, kept } = this.pipeline.stats()
    assert.equal(queued + encoded + inFlight, 0, 'nothing is left after shutdown')
    assert.equal(stored, kept, 'nothing is stored after shutdown but what is kept')
    assert.equal(this.clock.ownTimers, 0, 'I7: no timer is left')
  }
}

function runSeeded<T>(what: string, arbitrary: fc.Arbitrary<T>, live: (history: T) => Promise<void>): Promise<void> {
  const seed = seedFromEnvironment()
  console.log(`${what}: SEED=${seed}`)
  return fc.assert(fc.asyncProperty(arbitrary, live), { seed, numRuns: RUNS })
}

test('I1 to I7 hold at every step of 10,000 histories with an exporter that takes arrays', { timeout: 240_000 }, () => {
  const delayed = (kind: 'ok' | 'fail' | 'reject'): fc.Arbitrary<Behaviour> =>
    delay.map((millis) => (millis === undefined ? { kind } : { kind, delay: millis }))
  const behaviour = fc.oneof(
    { weight: 4, arbitrary: delayed('ok') },
    delayed('fail'),
    delayed('reject'),
    fc.constantFrom<Behaviour>({ kind: 'throw' }, { kind: 'never' }, { kind: 'garbage' }),
    fc.integer({ min: 0, max: 300 }).map((millis): Behaviour => ({ kind: 'twice', delay: millis })),
  )
  const end = fc.constantFrom<EndBehaviour>('ok', 'ok', 'never', 'throw', 'reject')
  const script = fc.array(behaviour, { minLength: 1, maxLength: 6 })
  const history = fc.record({ steps, script, onForceFlush: end, onShutdown: end, reentry })
  return runSeeded('whole batches', history, async (lived) => {
    const clock = new FakeClock()
    const exporter = new ClockedExporter(clock, ...lived.script)
    const life = new Life(clock, exporter, () => exporter.numbers)
    exporter.onForceFlush = lived.onForceFlush
    exporter.onShutdown = lived.onShutdown
    exporter.onExport = () => {
      const current = exporter.unanswered.filter((startedAt) => clock.now() < startedAt + TIMEOUT)
      const isAlone = life.isHiding || current.length === 0
      life.must(isAlone, 'I2: no export starts before the one before it has ended or passed its deadline')
      life.reenter(lived.reentry, 'export')
      const { queued, inFlight } = life.pipeline.stats()
      const objects = SETTINGS.maxQueueSize + SETTINGS.maxExportBatchSize + life.hidden
      life.must(life.isHiding || queued + inFlight <= objects, 'I5: at most the queue and one batch are held as objects')
    }
    await life.live(lived.steps)
    assert.equal(exporter.log.filter((entry) => entry === 'shutdown').length, 1, 'the exporter is shut down once')
  })
})

test('I1 to I7 hold at every step of 10,000 histories with an incremental exporter that lies', { timeout: 240_000 }, () => {
  const lies: fc.Arbitrary<Lies> = fc.record({
    open: fc.array(
      fc.constantFrom<OpenAnswer>('batch', 'batch', 'batch', 'no room', 'no room, and never says when', 'throw', 'null'),
      { maxLength: 5 },
    ),
    add: fc.array(fc.constantFrom<AddAnswer>('added', 'added', 'added', 'added', 'full', 'rejected', 'throw', 'junk'), {
      maxLength: 9,
    }),
    send: fc.array(
      fc.record({
        answer: fc.constantFrom<SendAnswer>(
          ...(['ok', 'ok', 'ok', 'partly', 'never', 'throw', 'reject', 'twice'] as const),
          ...(['too many', 'negative', 'null', 'not a promise'] as const),
          ...(['stores', 'stores', 'stores', 'stores some', 'stores too many'] as const),
        ),
        delay,
      }),
      { maxLength: 6 },
    ),
    stored: fc.array(
      fc.record({
        answer: fc.constantFrom<StoredAnswer>(
          ...(['exported', 'exported', 'failed', 'kept', 'never', 1, 3] as const),
          ...(['too many', 'negative', 'null', 'throw'] as const),
        ),
        delay: storedDelay,
      }),
      { maxLength: 6 },
    ),
  })
  const concurrency = fc.constantFrom(1, 2, 4, 0, Number.NaN)
  const reenterOn = fc.constantFrom('add' as const, 'export' as const)
  // What the shutdown of the exporter tells of the spans that it still stores.
  const atShutdown = fc.constantFrom<StoredAnswer>('kept', 'failed', 'never')
  const history = fc.record({ steps, lies, concurrency, reentry, reenterOn, atShutdown })
  return runSeeded('span by span', history, async (lived) => {
    const clock = new FakeClock()
    const exporter = new IncrementalDouble(clock, lived.concurrency, lived.lies)
    const life = new Life(clock, exporter, () => exporter.numbers)
    const stored = (): Sent[] => exporter.sent.filter((sent) => sent.stored > 0)
    life.onFlushed = (target) => {
      const isOpen = stored().some(({ numbers }) => numbers.some((number) => number < target))
      life.must(!isOpen, 'a flush that fulfils has waited for every stored span before it')
    }
    exporter.onShutdown = () => {
      if (lived.atShutdown !== 'never') for (const sent of stored()) exporter.tell(sent, lived.atShutdown)
    }
    const allowed = Math.max(1, lived.concurrency || 1)
    let depth = 0
    const reenter = (): void => {
      life.must(depth <= 1, 'a re-entrant call does not reach the exporter again')
      depth++
      life.reenter(lived.reentry, lived.reenterOn)
      depth--
    }
    exporter.onSend = () => {
      life.must(
        life.pipeline.stats().inFlight <= allowed * SETTINGS.maxExportBatchSize,
        'I2: at most maxConcurrentBatches in flight',
      )
      if (lived.reenterOn === 'export') reenter()
    }
    if (lived.reenterOn === 'add') exporter.onAdd = reenter
    await life.live(lived.steps)
    assert.equal(exporter.log.filter((entry) => entry === 'shutdown').length, 1, 'the exporter is shut down once')
  })
})
