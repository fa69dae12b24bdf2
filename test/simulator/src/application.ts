// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { Report } from './checks/report.js'
import { createSpan } from './process/spans.js'
import type { SimulatedResource } from './process/spans.js'
import type { SimulatedProcess } from './process/simulated-process.js'
import type { Scenario } from './scenario.js'
import type { Backend } from './world/backend.js'

/** A promise may settle so much later than its bound, in milliseconds, beside the time for which its thread stood still. */
const LATE_MILLIS = 200

/** A promise that the application was given. */
interface Promised {
  readonly what: string
  isSettled: boolean
}

/** What the simulated application does with one process: it ends spans, flushes, exports arrays, and shuts down. */
export class Application {
  readonly process: SimulatedProcess
  /** Everything that was promised to it. */
  readonly promises: Promised[] = []
  /** Spans that it gave to the processor, by their index. */
  readonly spans: number[] = []
  readonly #scenario: Scenario
  readonly #random: SeededRandom
  readonly #report: Report
  readonly #backend: Backend
  readonly #takeIndex: () => number
  readonly #resource: SimulatedResource
  /** The limit of its shutdown, in milliseconds; undefined before the call. */
  #shutdownBound: number | undefined

  constructor(
    process: SimulatedProcess,
    world: { scenario: Scenario; random: SeededRandom; report: Report; backend: Backend; takeIndex: () => number },
  ) {
    this.process = process
    this.#scenario = world.scenario
    this.#random = world.random
    this.#report = world.report
    this.#backend = world.backend
    this.#takeIndex = world.takeIndex
    this.#resource = this.#createResource()
  }

  get ended(): number {
    return this.spans.length
  }

  get hasCalledShutdown(): boolean {
    return this.#shutdownBound !== undefined
  }

  /** Acts again and again until `isOver`. `left` is how many spans it has yet to end. */
  live(left: () => number, isOver: () => boolean): void {
    const { main } = this.process
    const { activeMillis, spanCount, burst } = this.#scenario
    const pauseMillis = (activeMillis / Math.max(spanCount / burst, 1)) * 2
    main.io(this.#random.next() * pauseMillis, 'the application acts', () => {
      if (isOver() || this.hasCalledShutdown) return
      this.#act(left())
      this.live(left, isOver)
    })
  }

  endSpans(count: number): void {
    const { pipeline } = this.process
    for (let i = 0; i < count; i++) {
      const index = this.#takeIndex()
      this.spans.push(index)
      pipeline.admit(createSpan(index, this.#resource))
    }
  }

  /** `timeoutMillis` 0 is without a limit. */
  flush(timeoutMillis: number): Promised {
    const { pipeline } = this.process
    const what = `a flush within ${timeoutMillis} ms`
    return this.#promise(what, this.hasCalledShutdown ? 0 : timeoutMillis, pipeline.forceFlush({ timeoutMillis }))
  }

  shutdown(timeoutMillis?: number): Promised {
    // A second call gets the promise of the first.
    const bound = (this.#shutdownBound ??= timeoutMillis ?? this.#scenario.processor.shutdownTimeoutMillis)
    const { pipeline } = this.process
    const promise = pipeline.shutdown(timeoutMillis === undefined ? {} : { timeoutMillis })
    return this.#promise(`a shutdown within ${bound} ms`, bound, promise)
  }

  #act(left: number): void {
    const { flushShare, arrayShare, burst, endsEarly, activeMillis } = this.#scenario
    const random = this.#random
    const { exporter, main } = this.process
    if (random.chance(flushShare)) {
      this.flush(random.pick([0, 10, 200, 2000]))
      return
    }
    if (random.chance(0.02)) {
      const { bufferedBytes } = exporter.stats()
      const limit = this.#scenario.exporter.maxBufferedBytes as number
      this.#report.check(bufferedBytes <= limit, () => `I5: ${bufferedBytes} of at most ${limit} bytes are held`)
    }
    if (endsEarly && random.chance(0.05) && main.absoluteNow > activeMillis / 2) {
      this.shutdown(random.pick([undefined, 50, 1000, 10_000]))
      if (random.chance(0.5)) this.shutdown()
      if (random.chance(0.5)) this.endSpans(random.between(1, 3))
      if (random.chance(0.5)) this.flush(100)
      return
    }
    const count = Math.min(random.between(1, burst), left)
    if (random.chance(arrayShare)) this.#exportArray(count)
    else this.endSpans(count)
  }

  #exportArray(count: number): void {
    const { exporter, main } = this.process
    const indexes = Array.from({ length: count }, () => this.#takeIndex())
    const { promised, settle } = this.#open('an export of an array', this.#scenario.exporter.timeoutMillis as number)
    main.io(0, 'the application exports an array', () => {
      exporter.export(
        indexes.map((index) => createSpan(index, this.#resource)),
        ({ code }) => {
          // Nothing settles when a process is gone.
          if (main.isDead) return
          this.#report.check(!promised.isSettled, () => 'the callback of an export is called twice')
          settle()
          const missing = indexes.filter((index) => this.#backend.timesOf(index) === 0).length
          this.#report.check(
            code !== 0 || missing === 0,
            () => `an array counts as exported, and ${missing} of its ${count} spans were not accepted`,
          )
        },
      )
    })
  }

  #promise(what: string, boundMillis: number, promise: Promise<void>): Promised {
    const { promised, settle } = this.#open(what, boundMillis === 0 ? Infinity : boundMillis)
    promise.then(settle, settle)
    return promised
  }

  #open(what: string, boundMillis: number): { promised: Promised; settle: () => void } {
    const { main } = this.process
    const at = main.now() + boundMillis
    const { stalledMillis } = main
    const promised: Promised = { what, isSettled: false }
    this.promises.push(promised)
    const settle = (): void => {
      promised.isSettled = true
      const lateMillis = main.now() - at - (main.stalledMillis - stalledMillis)
      this.#report.check(lateMillis <= LATE_MILLIS, () => `I6: ${what} settles ${lateMillis.toFixed(3)} ms late`)
    }
    return { promised, settle }
  }

  #createResource(): SimulatedResource {
    const { resourceMillis } = this.#scenario
    const attributes = { 'service.name': 'simulated' }
    if (resourceMillis === 0) return { attributes }
    const known = new Promise<void>((resolve) => {
      this.process.main.io(resourceMillis, 'the resource is known', () => {
        resource.asyncAttributesPending = false
        resolve()
      })
    })
    const resource: SimulatedResource = { attributes, asyncAttributesPending: true, waitForAsyncAttributes: () => known }
    return resource
  }
}
