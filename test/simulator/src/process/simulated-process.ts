// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import { SpanPipeline } from '../../../../packages/batch-span-processor/src/span-pipeline.js'
import { OTLPTraceExporter } from '../../../../packages/otlp-exporter/src/otlp-trace-exporter.js'
import type { ExitTask } from '../../../../packages/otlp-exporter/src/thread/process-exit.js'
import type { StartWorker } from '../../../../packages/otlp-exporter/src/thread/worker-thread.js'
import type { ExporterInternals } from '../../../../packages/otlp-exporter/src/transport-choice.js'
import { Transport } from '../../../../packages/otlp-exporter/src/transport/transport.js'
import type { Internals } from '../../../../packages/otlp-exporter/src/transport/transport.js'
import type { Scenario } from '../scenario.js'
import { EventLoop } from '../world/event-loop.js'
import type { Machine } from '../world/machine.js'
import type { Loop } from '../world/scheduler.js'
import type { Network } from '../world/network.js'
import { SimulatedConnection } from '../world/simulated-connection.js'
import { simulatedCodecs } from './codecs.js'
import { SimulatedWorker } from './simulated-worker.js'
import { WatchedExporter } from './watched-exporter.js'

/** The exporter with what its published type does not show. */
const Exporter = OTLPTraceExporter as unknown as new (
  options: ConstructorParameters<typeof OTLPTraceExporter>[0],
  internals: ExporterInternals,
) => OTLPTraceExporter

/** How long a thread usually takes to start, in milliseconds. */
const USUAL_START_MILLIS = 60

type WorkerData = Parameters<StartWorker>[1]
type WorkerListener = Parameters<StartWorker>[2]

/** How far apart the clocks of two threads are, in milliseconds. */
const ORIGINS = 5000

export interface ProcessWorld {
  readonly network: Network
  readonly scenario: Scenario
  /** Undefined without a spool. */
  readonly machine: Machine | undefined
}

/** One process of the application, with its threads: a processor in front of an exporter. A crash takes all of it. */
export class SimulatedProcess {
  readonly generation: number
  readonly main: EventLoop
  readonly exporter: OTLPTraceExporter
  readonly watched: WatchedExporter
  readonly pipeline: SpanPipeline
  readonly #workers = new Set<SimulatedWorker>()
  readonly #exitTasks = new Set<ExitTask>()
  readonly #machine: Machine | undefined
  readonly #onMachine: ReturnType<Machine['startProcess']> | undefined
  readonly #network: Network
  readonly #scenario: Scenario
  readonly #random: SeededRandom
  #workerCount = 0

  constructor(generation: number, world: ProcessWorld, random: SeededRandom) {
    const { network, scenario, machine } = world
    this.generation = generation
    this.#network = network
    this.#machine = machine
    this.#onMachine = machine?.startProcess()
    this.#scenario = scenario
    this.#random = random
    this.main = this.#createLoop('main')
    this.exporter = new Exporter(this.#options(), {
      ...this.#internals(this.main),
      load: () =>
        new Promise((resolve) =>
          this.main.io(this.#random.between(1, 30), 'the transport is loaded', () => resolve({ Transport })),
        ),
      startWorker: (_file, data, listener) => this.#startWorker(data, listener),
      loadNow: () => ({ Transport }),
      processMillis: () => this.main.absoluteNow,
      atExit: (task) => {
        this.#exitTasks.add(task)
        return () => this.#exitTasks.delete(task)
      },
    })
    const { backend, report } = network
    this.watched = new WatchedExporter(this.exporter, { backend, report, loop: this.main })
    this.pipeline = new SpanPipeline(this.watched, scenario.processor, this.main)
  }

  /** The threads that are running. */
  get workers(): readonly SimulatedWorker[] {
    return [...this.#workers].filter(({ loop }) => !loop.isDead)
  }

  /** The worker in whose thread a callback runs now, if it is one. */
  workerOf(loop: Loop | undefined): SimulatedWorker | undefined {
    return this.workers.find((worker) => worker.loop === loop)
  }

  /** How many timers are left in the application's thread. */
  get timerCount(): number {
    return this.main.timerCount
  }

  /** When its last thread has finished what it does now, in milliseconds of the world. */
  get freeAt(): number {
    return Math.max(this.main.freeAt, ...this.workers.map(({ loop }) => loop.freeAt))
  }

  kill(): void {
    for (const loop of [this.main, ...[...this.#workers].map((worker) => worker.loop)]) {
      loop.kill()
      this.#abandon(loop)
    }
    this.#onMachine?.end()
  }

  /** The work of the `exit` event. With an export thread it blocks, which is not simulated. */
  exit(): void {
    for (const task of this.#exitTasks) task.begin()
    for (const task of this.#exitTasks) task.finish()
  }

  #abandon(loop: EventLoop): void {
    this.#network.abandon(loop)
    this.#machine?.abandon(loop)
  }

  #createLoop(name: string): EventLoop {
    const origin = this.#random.between(0, ORIGINS) - ORIGINS
    return new EventLoop(this.#network.scheduler, `${name} ${this.generation}`, this.#scenario.pace, origin)
  }

  #internals(loop: EventLoop): Required<Omit<Internals, 'clock' | 'spool'>> & Pick<Internals, 'spool'> & { clock: EventLoop } {
    const random = this.#random.fork()
    const { keepAlive = true } = this.#scenario.exporter
    return {
      clock: loop,
      random: () => random.next(),
      open: (_settings, _clock, draw) => new SimulatedConnection(this.#network, loop, this.generation, keepAlive, draw),
      connect: (signal) => this.#network.connect(loop, signal),
      codecs: simulatedCodecs(loop, () => this.#poolMillis()),
      ...(this.#onMachine && { spool: this.#onMachine.internals(loop) }),
    }
  }

  #options(): Scenario['exporter'] {
    const { exporter, headerFaults } = this.#scenario
    if (headerFaults === undefined) return exporter
    const random = this.#random.fork()
    const headers = async (): Promise<Record<string, string>> => {
      await new Promise<void>((resolve) => this.main.io(random.between(0, 20), 'the token service answers', resolve))
      if (!this.#network.isCalm && random.chance(headerFaults)) throw new Error('simulated: no token')
      return { 'x-token': 'simulated' }
    }
    return { ...exporter, headers }
  }

  /** How long zlib's pool takes, in milliseconds. */
  #poolMillis(): number {
    const { weather, isCalm } = this.#network
    return weather.latency() * (isCalm ? 1 : this.#scenario.poolSlowness)
  }

  #startWorker(data: WorkerData, listener: WorkerListener): SimulatedWorker {
    const { workerFailsToStart, workerStartMillis } = this.#scenario
    const { isCalm } = this.#network
    if (!isCalm && this.#random.chance(workerFailsToStart)) throw new Error('simulated: no thread can be started')
    this.#workerCount += 1
    const loop = this.#createLoop(`thread${this.#workerCount}`)
    const { weather } = this.#network
    const worker = new SimulatedWorker(
      {
        loop,
        parent: this.main,
        startMillis: this.#random.between(1, isCalm ? USUAL_START_MILLIS : workerStartMillis),
        latency: () => weather.latency() / 10,
        onEnd: () => this.#abandon(loop),
        internals: { ...this.#internals(loop), processMillis: () => loop.absoluteNow },
      },
      data,
      listener,
    )
    this.#workers.add(worker)
    return worker
  }
}
