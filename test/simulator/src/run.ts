// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import { Application } from './application.js'
import { checkCounts, checkEnd, checkIdle, checkLastSpans, lossesOf } from './checks/rules.js'
import { Report } from './checks/report.js'
import { setSpanSize } from './process/spans.js'
import { SimulatedProcess } from './process/simulated-process.js'
import { drawScenario } from './scenario.js'
import type { Scenario } from './scenario.js'
import { Backend } from './world/backend.js'
import { Network } from './world/network.js'
import { Scheduler } from './world/scheduler.js'
import type { Trace } from './world/trace.js'
import { Weather } from './world/weather.js'

/** How long after the last fault everything may still settle what it had begun, in milliseconds. */
const CALM_MILLIS = 16_000
/** Every wait ends within this time, in milliseconds, or never. */
const PATIENCE_MILLIS = 120_000

/** How long spans may take without any fault, in milliseconds: in it an export thread is started, and the transport loaded. */
const PROMPT_MILLIS = 500
/** How many spans end after the last fault. No queue is smaller. */
const LAST_SPANS = 5

/** One run: a life of an application with its processes, from a seed to the last check. */
export class Run {
  readonly #random: SeededRandom
  readonly #scenario: Scenario
  readonly #scheduler: Scheduler
  readonly #report = new Report()
  readonly #backend: Backend
  readonly #network: Network
  readonly #drain: () => void
  #application: Application
  #isCalm = false
  #endedCount = 0
  /** Spans that are yet to end before the calm. */
  #left: number

  constructor(random: SeededRandom, trace: Trace, drain: () => void) {
    this.#random = random
    this.#drain = drain
    this.#scenario = drawScenario(random.fork())
    trace.note(0, 'scenario', JSON.stringify(this.#scenario))
    const { phases, maxRequestBytes, answerMillis, spanSize, spanCount } = this.#scenario
    setSpanSize(spanSize)
    this.#left = spanCount
    this.#scheduler = new Scheduler(trace)
    this.#backend = new Backend(this.#report, () => this.#endedCount)
    const weather = new Weather(random.fork(), phases, maxRequestBytes, answerMillis)
    this.#network = new Network(this.#scheduler, weather, this.#backend, this.#report)
    this.#application = this.#startProcess(1)
  }

  get now(): number {
    return this.#scheduler.now
  }

  get endedCount(): number {
    return this.#endedCount
  }

  get acceptedCount(): number {
    return this.#backend.accepted.filter((requests) => requests !== undefined).length
  }

  /** Lives through the scenario. Returns the rule that was broken, or undefined. */
  live(): string | undefined {
    this.#arrangeFaults()
    this.#advance(this.#scenario.activeMillis)
    this.#isCalm = true
    this.#network.calm()
    this.#scheduler.trace.event(this.now, 'world', 'the faults are over')
    this.#advance(CALM_MILLIS)
    if (!this.#application.hasCalledShutdown) this.#checkLiveness()
    this.#checkEnd()
    return this.#report.violation
  }

  /** An error that nobody has caught, in a microtask or a promise. */
  onUncaught(error: unknown): void {
    this.#report.violated(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  /** A warning for the application's logger. One of an export thread gets there by a message. */
  onWarning(text: string): void {
    const { current, trace } = this.#scheduler
    const worker = this.#application.process.workerOf(current)
    if (worker === undefined) trace.note(this.now, current?.name ?? 'world', `warns: ${text}`)
    else worker.warn(text)
  }

  /** Ends what a run that was broken off has left. */
  end(): void {
    this.#application.process.kill()
    this.#drain()
  }

  /** Nothing was lost for good, and what ends now arrives. */
  #checkLiveness(): void {
    const application = this.#application
    this.#waitFor('a flush without a limit, after the faults were over', application.flush(0))
    checkIdle(this.#report, application)
    const lostBefore = lossesOf(application)
    const first = this.#endedCount
    this.#act(() => application.endSpans(LAST_SPANS))
    const flushedAt = this.now
    this.#waitFor('a flush of the last spans', application.flush(0))
    const millis = this.now - flushedAt
    const waits = this.#scenario.resourceMillis > CALM_MILLIS
    this.#report.check(
      millis <= PROMPT_MILLIS || waits,
      () => `spans that ended long after the last fault have left after ${millis} ms`,
    )
    checkLastSpans(this.#report, application, { first, lostBefore, backend: this.#backend })
    this.#waitFor('the shutdown', application.shutdown())
  }

  #checkEnd(): void {
    if (this.#report.violation !== undefined) return
    const application = this.#application
    const waits = application.promises.map((promised) => promised)
    for (const promised of waits) this.#waitFor(promised.what, promised)
    this.#advance(1)
    if (this.#report.violation === undefined) checkEnd(this.#report, application, this.#network)
  }

  /** Takes steps for so long. */
  #advance(millis: number): void {
    const until = this.now + millis
    while (this.#report.violation === undefined && this.#step(until));
  }

  #waitFor(what: string, promised: { readonly isSettled: boolean }): void {
    const until = this.now + PATIENCE_MILLIS
    while (this.#report.violation === undefined && !promised.isSettled) {
      if (!this.#step(until)) this.#report.violated(`${what} never settles`)
    }
  }

  #step(until: number): boolean {
    if (!this.#scheduler.beginStep(until)) return false
    this.#drain()
    this.#scheduler.endStep()
    checkCounts(this.#report, this.#application)
    return true
  }

  /** Something that the application does right now. */
  #act(action: () => void): void {
    action()
    this.#drain()
  }

  #startProcess(generation: number): Application {
    const world = { scenario: this.#scenario, random: this.#random.fork(), report: this.#report, backend: this.#backend }
    const process = new SimulatedProcess(generation, this.#network, this.#scenario, this.#random.fork())
    const application = new Application(process, { ...world, takeIndex: () => this.#takeIndex() })
    application.live(
      () => this.#left,
      () => this.#isCalm || this.#left <= 0,
    )
    this.#scheduler.trace.event(this.now, 'world', 'process %a starts', generation)
    return application
  }

  #takeIndex(): number {
    if (!this.#isCalm) this.#left -= 1
    return this.#endedCount++
  }

  #arrangeFaults(): void {
    const { activeMillis, deaths, stalls, crashes, clockJumps, longestStallMillis } = this.#scenario
    const random = this.#random.fork()
    const { weather } = this.#network
    for (const phase of weather.phases) {
      this.#fault(phase.at, `the weather changes`, () => {
        weather.begin(phase)
        if (phase.faults.includes('refused') && phase.share === 1) this.#network.resetAll()
      })
    }
    const times = (count: number, label: string, fault: () => void): void => {
      for (let i = 0; i < count; i++) this.#fault(random.next() * activeMillis, label, fault)
    }
    times(deaths, 'the export thread dies', () => {
      const { workers } = this.#application.process
      workers[0]?.end(random.chance(0.5) ? new Error('simulated: out of memory') : undefined)
    })
    times(stalls, 'a thread stands still', () => {
      const { main, workers } = this.#application.process
      random.pick([main, main, workers[0]?.loop ?? main]).stall(random.between(1, longestStallMillis))
    })
    times(clockJumps, 'the clock jumps', () => this.#scheduler.jumpWallClock(random.between(-100_000, 100_000)))
    times(crashes, 'the process is killed', () => {
      const { process } = this.#application
      process.kill()
      this.#application = this.#startProcess(process.generation + 1)
    })
  }

  #fault(millis: number, label: string, fault: () => void): void {
    this.#scheduler.later(millis, label, () => {
      if (!this.#isCalm) fault()
    })
  }
}
