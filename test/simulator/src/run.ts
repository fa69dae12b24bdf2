// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import { Application } from './application.js'
import { checkCounts, checkEnd, checkExit, checkIdle, checkLastSpans, lossesOf } from './checks/rules.js'
import { Report } from './checks/report.js'
import { Losses, checkLeft, checkNothingHeld, checkOwn, checkSpool } from './checks/spool-rules.js'
import { arrangeFaults } from './faults.js'
import { setSpanSize } from './process/spans.js'
import { SimulatedProcess } from './process/simulated-process.js'
import { drawScenario } from './scenario.js'
import type { Scenario } from './scenario.js'
import { Backend } from './world/backend.js'
import { Machine } from './world/machine.js'
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
/** How many spans end in a process that has to deliver what others have left: of every size, since some may be too large. */
const HEIR_SPANS = 61

/** One run: a life of an application with its processes, from a seed to the last check. */
export class Run {
  readonly #random: SeededRandom
  readonly #scenario: Scenario
  readonly #scheduler: Scheduler
  readonly #report = new Report()
  readonly #backend: Backend
  readonly #network: Network
  /** Undefined without a spool. */
  readonly #machine: Machine | undefined
  readonly #losses = new Losses()
  readonly #drain: () => void
  /** The processes that are running, or were shut down. */
  readonly #applications: Application[] = []
  #generation = 0
  #isCalm = false
  #endedCount = 0
  /** Spans that are yet to end before the calm. */
  #left: number

  constructor(random: SeededRandom, trace: Trace, drain: () => void) {
    this.#random = random
    this.#drain = drain
    this.#scenario = drawScenario(random.fork())
    trace.note(0, 'scenario', JSON.stringify(this.#scenario))
    const { phases, maxRequestBytes, answerMillis, spanSize, spanCount, machine, processes } = this.#scenario
    setSpanSize(spanSize)
    this.#left = spanCount
    this.#scheduler = new Scheduler(trace)
    this.#backend = new Backend(this.#report, () => this.#endedCount)
    const weather = new Weather(random.fork(), phases, maxRequestBytes, answerMillis)
    this.#network = new Network(this.#scheduler, weather, this.#backend, this.#report)
    this.#machine = machine && new Machine(machine, this.#scheduler, this.#backend, random.fork())
    for (let i = 0; i < processes; i++) this.#startProcess()
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
    arrangeFaults(
      this.#scenario,
      {
        scheduler: this.#scheduler,
        network: this.#network,
        machine: this.#machine,
        applications: () => this.#applications,
        isCalm: () => this.#isCalm,
        crash: (application) => this.#replace(application),
        exit: (application) => this.#exit(application),
      },
      this.#random.fork(),
    )
    this.#advance(this.#scenario.activeMillis)
    this.#isCalm = true
    this.#network.calm()
    this.#machine?.calm()
    this.#scheduler.trace.event(this.now, 'world', 'the faults are over')
    // A thread may still stand still, and that may be for a minute.
    const stillMillis = this.#applications.map(({ process }) => process.freeAt - this.now)
    this.#advance(CALM_MILLIS + Math.max(0, ...stillMillis))
    this.#endThose((application) => application.hasCalledShutdown)
    this.#shutDown()
    this.#checkHeritage()
    return this.#report.violation
  }

  /** An error that nobody has caught, in a microtask or a promise. */
  onUncaught(error: unknown): void {
    this.#report.violated(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  /** A warning for the application's logger. One of an export thread gets there by a message. */
  onWarning(text: string): void {
    const { current, trace } = this.#scheduler
    for (const { process } of this.#applications) {
      const worker = process.workerOf(current)
      if (worker !== undefined) return worker.warn(text)
    }
    trace.note(this.now, current?.name ?? 'world', `warns: ${text}`)
  }

  /** Ends what a run that was broken off has left. */
  end(): void {
    for (const { process } of this.#applications) process.kill()
    this.#drain()
  }

  /** Nothing was lost for good, and what ends now arrives. */
  #checkLiveness(application: Application): void {
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
  }

  /** Checks the processes that are left, and shuts them down. */
  #shutDown(): void {
    if (this.#applications.length === 0) return
    for (const application of this.#applications) this.#checkLiveness(application)
    if (this.#machine !== undefined) this.#waitFor('the delivery of what is in the spool', emptySpool(this.#machine))
    for (const application of this.#applications) this.#waitFor('the shutdown', application.shutdown())
    this.#endThose(() => true)
  }

  /** Ends processes that were shut down, and checks what they leave. */
  #endThose(isMeant: (application: Application) => boolean): void {
    const ended = this.#applications.filter(isMeant)
    for (const { promises } of ended) for (const promised of promises) this.#waitFor(promised.what, promised)
    this.#advance(1)
    for (const application of ended) {
      if (this.#report.violation === undefined) checkEnd(this.#report, application)
      this.#checkLeft(application)
    }
    if (ended.length === this.#applications.length) checkNothingHeld(this.#report, this.#network, this.#machine)
    for (const application of ended) this.#end(application)
  }

  #checkLeft(application: Application): void {
    const others = this.#applications.filter((one) => one !== application)
    checkLeft(this.#report, application, { backend: this.#backend, machine: this.#machine, others })
  }

  /** What shut down in the middle of the faults has left for the next process. */
  #checkHeritage(): void {
    const machine = this.#machine
    if (machine === undefined || this.#report.violation !== undefined) return
    if (machine.watch.left.length > 0) {
      const heir = this.#startProcess()
      this.#act(() => heir.endSpans(HEIR_SPANS))
      this.#shutDown()
    }
    const { crashes, deaths, powerCuts, exporter } = this.#scenario
    const isLossHeardOf = exporter.worker === false || crashes + deaths + powerCuts === 0
    if (this.#report.violation === undefined) checkSpool(this.#report, machine, this.#backend, this.#losses, isLossHeardOf)
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

  /** Whether processes can be asked for, and no thread ends, by itself or because it hangs: what it has written is the next one's. */
  get #knowsTheLiving(): boolean {
    const { machine, exporter, deaths, stalls, workerFailsToStart } = this.#scenario
    const endsNoThread = exporter.worker === false || deaths + stalls + workerFailsToStart === 0
    return machine?.neighbourhood === 'machine' && endsNoThread
  }

  #step(until: number): boolean {
    if (!this.#scheduler.beginStep(until)) return false
    this.#drain()
    this.#scheduler.endStep()
    for (const application of this.#applications) {
      checkCounts(this.#report, application)
      if (this.#knowsTheLiving) checkOwn(this.#report, application)
    }
    return true
  }

  /** Something that the application does right now. */
  #act(action: () => void): void {
    action()
    this.#drain()
  }

  /** The process is gone. What is on the disk now has to outlive it, and its counts are the last that anybody hears of it. */
  #end(application: Application): void {
    application.process.kill()
    this.#machine?.watch.remember()
    this.#losses.add(application)
    this.#applications.splice(this.#applications.indexOf(application), 1)
  }

  /** Kills a process, and starts the next one. */
  #replace(application: Application): void {
    this.#end(application)
    this.#startProcess()
  }

  /** The process calls `process.exit()`. */
  #exit(application: Application): void {
    const { process } = application
    process.main.io(0, 'process.exit()', () => {
      if (this.#isCalm) return
      process.exit()
      checkExit(this.#report, application)
      this.#checkLeft(application)
      this.#replace(application)
    })
  }

  #startProcess(): Application {
    this.#generation += 1
    const world = { network: this.#network, scenario: this.#scenario, machine: this.#machine }
    const process = new SimulatedProcess(this.#generation, world, this.#random.fork())
    const takeIndex = (): number => this.#takeIndex()
    const told = { scenario: this.#scenario, random: this.#random.fork(), report: this.#report, backend: this.#backend }
    const application = new Application(process, { ...told, takeIndex })
    application.live(
      () => this.#left,
      () => this.#isCalm || this.#left <= 0,
    )
    this.#applications.push(application)
    this.#scheduler.trace.event(this.now, 'world', 'process %a starts', this.#generation)
    return application
  }

  #takeIndex(): number {
    if (!this.#isCalm) this.#left -= 1
    return this.#endedCount++
  }
}

/** Settled when nothing in the spool waits, and nothing is left of it. */
function emptySpool({ watch }: Machine): { readonly isSettled: boolean } {
  return {
    get isSettled() {
      return watch.left.length === 0
    },
  }
}
