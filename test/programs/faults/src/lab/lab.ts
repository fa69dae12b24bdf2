// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadableSpan, SpanExporter } from '@spanring/batch-span-processor'
import { forkSink, startBlackHole } from '@spanring/sink'
import type { ForkedSink, Reply, SinkOptions } from '@spanring/sink'
import { ScriptedExporter } from '@spanring/test-kit/scripted-exporter'
import type * as kit from '@spanring/test-kit/scripted-exporter'
import type { Contender, ExporterOptions } from '../contender.js'
import type { Outcome, Wait } from '../outcome.js'
import { Pipeline } from './pipeline.js'
import type { PipelineOptions } from './pipeline.js'

/** What a busy machine adds to a bound, in milliseconds. Far below what tells a wait with a bound from one without. */
const SLACK_MILLIS = 1000

/** When a wait that has no business to last is called a hang, in milliseconds: 25 times the time-outs that are set. */
const PATIENCE_MILLIS = 5000

/** How long what is left may still be closing, in milliseconds: a last attempt may outlast a shutdown that was cut short. */
const CLOSING_MILLIS = 2000

/** Handles of ours or theirs; those of the runner's own channel and of files are not among them. */
const HANDLES = /TCP|TLS|HTTP|Timeout|Immediate|GetAddrInfo|Worker/

/** One call of `export` of a scripted exporter. */
export type Call = kit.Call<ReadableSpan>

/** Where a scenario happens: it hands out what the contender is made of, bounds every wait, and takes notes. */
export class Lab {
  readonly contender: Contender
  /** The application's logger notes every line, and then does this. */
  onLog: () => unknown = () => {}
  readonly #waits: Wait[] = []
  readonly #complaints: string[] = []
  readonly #notes: string[] = []
  readonly #said: string[] = []
  readonly #pipelines: Pipeline[] = []
  readonly #exporters: ScriptedExporter<ReadableSpan>[] = []
  readonly #sinks: ForkedSink[] = []
  readonly #closers: (() => unknown)[] = []
  #hasOtlp = false
  #deliveredBefore = 0
  #unaccounted: string | undefined
  #notApplicable: string | undefined

  constructor(contender: Contender) {
    this.contender = contender
    const { diag, DiagLogLevel } = contender.sdk.api
    const pass = (): unknown => this.onLog()
    const note = (...parts: unknown[]): unknown => {
      this.#said.push(parts.join(' '))
      return this.onLog()
    }
    const logger = { error: note, warn: note, info: pass, debug: pass, verbose: pass }
    diag.setLogger(logger, DiagLogLevel.ALL)
  }

  get isOurs(): boolean {
    return this.contender.name.startsWith('ours')
  }

  /** Whether spans are sent from a thread of their own. */
  get hasThread(): boolean {
    return this.contender.name === 'ours with the thread'
  }

  /** A receiver in a process of its own. */
  async sink(options: SinkOptions = {}, ...replies: Reply[]): Promise<ForkedSink> {
    const sink = await forkSink({ keep: 'count', ...options })
    this.#sinks.push(sink)
    await sink.script(...replies)
    return sink
  }

  /** The sink is gone, as a process is that was killed; what it had delivered still counts. */
  async kill(sink: ForkedSink): Promise<void> {
    this.#deliveredBefore += (await sink.stats()).delivered
    this.#sinks.splice(this.#sinks.indexOf(sink), 1)
    await sink.kill()
  }

  /** An address to which connections begin and never end; undefined where this kernel cannot be brought to it. */
  async blackHole(): Promise<string | undefined> {
    const hole = await startBlackHole()
    if (hole !== undefined) this.onEnd(() => hole.close())
    return hole?.url
  }

  scripted(script?: kit.Script<ReadableSpan>): ScriptedExporter<ReadableSpan> {
    const exporter = new ScriptedExporter<ReadableSpan>(script)
    this.#exporters.push(exporter)
    return exporter
  }

  async otlp(options: ExporterOptions): Promise<SpanExporter> {
    this.#hasOtlp = true
    return await this.contender.createExporter(options)
  }

  pipeline(exporter: SpanExporter, options: PipelineOptions = {}): Pipeline {
    const pipeline = new Pipeline(this.contender, exporter, options)
    this.#pipelines.push(pipeline)
    return pipeline
  }

  /** Waits until it settles; longer than `withinMillis` is a complaint, longer than the patience a hang. */
  async settles(
    what: string,
    work: () => PromiseLike<unknown>,
    withinMillis: number,
    patienceMillis: number = PATIENCE_MILLIS,
  ): Promise<Wait['status']> {
    const startedAt = performance.now()
    const end = new AbortController()
    let message: string | undefined
    const settled = Promise.resolve()
      .then(work)
      .then(
        () => 'resolved' as const,
        (error: unknown) => {
          message = error instanceof Error ? error.message : String(error)
          return 'rejected' as const
        },
      )
    const hangs = sleep(patienceMillis, 'hangs' as const, { signal: end.signal }).catch(() => 'hangs' as const)
    const status = await Promise.race([settled, hangs])
    end.abort()
    const millis = performance.now() - startedAt
    this.#waits.push({
      what,
      millis,
      status,
      withinMillis: withinMillis + SLACK_MILLIS,
      ...(message !== undefined && { message }),
    })
    return status
  }

  /** Waits until the condition holds. False when it does not within the patience. */
  async until(condition: () => boolean | Promise<boolean>, patienceMillis: number = PATIENCE_MILLIS): Promise<boolean> {
    const giveUpAt = performance.now() + patienceMillis
    // oxlint-disable-next-line no-await-in-loop -- polling
    while (!(await condition())) {
      if (performance.now() > giveUpAt) return false
      // oxlint-disable-next-line no-await-in-loop -- polling
      await sleep(5)
    }
    return true
  }

  /** Calls something every few milliseconds, so often. */
  async every(millis: number, times: number, work: () => void): Promise<void> {
    for (let i = 0; i < times; i++) {
      work()
      // oxlint-disable-next-line no-await-in-loop -- that is the rate
      await sleep(millis)
    }
  }

  /** Complains unless it is as it should be. */
  require(isGood: boolean, complaint: string): void {
    if (!isGood && !this.#complaints.includes(complaint)) this.#complaints.push(complaint)
  }

  note(text: string): void {
    this.#notes.push(text)
  }

  get said(): readonly string[] {
    return this.#said
  }

  /** The process ends with spans on their way, so they are in no count at the end. */
  leaveUnaccounted(why: string): void {
    this.#unaccounted = why
  }

  notApplicable(why: string): void {
    this.#notApplicable = why
  }

  /** Called when the scenario is over, before anybody looks at what is left. */
  onEnd(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Whether any spans were sent by an OTLP exporter. */
  get hasOtlp(): boolean {
    return this.#hasOtlp
  }

  /** So many spans have ended in all pipelines. */
  get ended(): number {
    return this.#pipelines.reduce((sum, { ended }) => sum + ended, 0)
  }

  async delivered(): Promise<number> {
    let delivered = this.#deliveredBefore
    for (const exporter of this.#exporters) delivered += exporter.delivered
    for (const stats of await Promise.all(this.#sinks.map((sink) => sink.stats())))
      delivered += stats.delivered - stats.deliveredTwice
    return delivered
  }

  lost(): Record<string, number> {
    const lost: Record<string, number> = {}
    for (const pipeline of this.#pipelines) {
      for (const [reason, count] of Object.entries(pipeline.counts().lost))
        if (count > 0) lost[reason] = (lost[reason] ?? 0) + count
    }
    return lost
  }

  /** Takes everything down that is the lab's own, and looks at what is left of the contender. */
  async close(): Promise<Outcome> {
    // What is under way may still arrive, and the counts are of the same moment.
    await this.until(() => this.#exporters.every(({ running }) => running === 0), 300)
    const delivered = await this.delivered()
    const lost = this.lost()
    const exported = this.#pipelines.reduce((sum, pipeline) => sum + pipeline.counts().exported, 0)
    await Promise.all(this.#sinks.map((sink) => sink.close()))
    for (const close of this.#closers) close()
    const left = (): string[] => process.getActiveResourcesInfo().filter((name) => HANDLES.test(name))
    if (this.#unaccounted === undefined)
      await this.until(async () => {
        // In the turn of a timer that timer still counts, and the wait itself is made of timers.
        await new Promise((resolve) => setImmediate(resolve))
        return left().length === 0
      }, CLOSING_MILLIS)
    return {
      waits: this.#waits,
      ended: this.ended,
      delivered,
      lost,
      exported,
      complaints: this.#complaints,
      notes: this.#notes,
      left: this.#unaccounted === undefined ? counted(left()) : [],
      said: this.#said,
      ...(this.#unaccounted !== undefined && { unaccounted: this.#unaccounted }),
      ...(this.#notApplicable !== undefined && { notApplicable: this.#notApplicable }),
    }
  }
}

/** What Node.js calls them is known to few. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/TCP|TLS|HTTP/, 'socket'],
  [/Timeout/, 'timer'],
  [/GetAddrInfo/, 'name lookup'],
]

/** `['Timeout', 'Timeout']` as `['2 timers']`. */
function counted(names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) {
    const word = WORDS.find(([pattern]) => pattern.test(name))?.[1] ?? name
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return Array.from(counts, ([word, count]) => `${count} ${word}${count === 1 ? '' : 's'}`)
}
