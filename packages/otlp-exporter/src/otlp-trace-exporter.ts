// SPDX-License-Identifier: Apache-2.0
import { bounded, systemClock } from '@spanring/core'
import type { Clock, ExportResult } from '@spanring/core'
import { ArrayExports } from './array-exports.js'
import type { BatchTransport } from './batch-transport.js'
import { BufferedBatch } from './buffered-batch.js'
import { ByteBudget } from './byte-budget.js'
import type { OTLPTraceExporterOptions } from './config/options.js'
import { resolveOptions } from './config/settings.js'
import type { Settings } from './config/settings.js'
import { TraceEncoder } from './encode/trace-encoder.js'
import { ExporterTelemetry } from './exporter-telemetry.js'
import type { ExporterStats } from './exporter-telemetry.js'
import type { ReadableSpan } from './readable-span.js'
import type { SettledStored, SpanBatch } from './span-batch.js'
import type { ExitFlush } from './thread/exit-flush.js'
import { chooseTransport } from './transport-choice.js'
import type { ExporterInternals } from './transport-choice.js'

/**
 * How long `shutdown` waits for exports under way after it has ended their back-offs, in milliseconds. A healthy backend
 * answers within that time, and a dead one is not waited for.
 */
const SHUTDOWN_MILLIS = 5000
/** How much of that time is reserved for requests, in milliseconds, even if arrays still wait for room. */
const REQUESTS_MILLIS = 1000
/** How long the callbacks of `export` may take after the last request has ended, in milliseconds. */
const CALLBACKS_MILLIS = 250

const SELF = Symbol('exporter')

/**
 * The object that was constructed. Only that object has the private fields. Applications wrap exporters with a Proxy or
 * `Object.create`, and accessing a private field through a wrapper throws.
 */
function selfOf(exporter: OTLPTraceExporter): OTLPTraceExporter {
  return (exporter as unknown as { readonly [SELF]: OTLPTraceExporter })[SELF]
}

/**
 * Exports spans as OTLP over HTTP. As a plain `SpanExporter` it works behind any span processor. The processor of
 * `@spanring/batch-span-processor` hands it spans one by one, so that encoding is spread over several iterations of the
 * event loop.
 *
 * `export` may be called again before an earlier call has ended. It never throws: every failure goes to the callback.
 */
export class OTLPTraceExporter {
  /** How many batches may be sent at once. */
  readonly maxConcurrentBatches: number
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #encoder: TraceEncoder
  readonly #budget: ByteBudget
  readonly #telemetry: ExporterTelemetry
  readonly #transport: BatchTransport
  readonly #exitFlush: ExitFlush | undefined
  readonly #closing = new AbortController()
  /** The calls of `export` whose spans are being encoded or sent. */
  readonly #exports = new Set<Promise<void>>()
  /** The batches that are being filled. */
  readonly #open = new Set<BufferedBatch>()
  readonly #arrays: ArrayExports
  readonly #onStored = (outcome: SettledStored): void => this.#telemetry.settleStored(outcome)
  #shutdownPromise: Promise<void> | undefined

  constructor(options?: OTLPTraceExporterOptions)
  // Only the first signature is published; the internals are for tests.
  constructor(options: OTLPTraceExporterOptions = {}, internals: ExporterInternals = {}) {
    // Not enumerable, so that it does not appear when an exporter is logged.
    Object.defineProperty(this, SELF, { value: this })
    const settings = resolveOptions(options)
    this.#settings = settings
    const clock = (this.#clock = internals.clock ?? systemClock)
    this.maxConcurrentBatches = settings.concurrencyLimit
    this.#telemetry = new ExporterTelemetry(settings, options.selfObsMeterProvider, clock)
    const { transport, exitFlush, memory, indexBytes } = chooseTransport(settings, this.#telemetry, internals)
    this.#transport = transport
    this.#exitFlush = exitFlush
    this.#encoder = new TraceEncoder({
      format: settings.protocol === 'http/json' ? 'json' : 'protobuf',
      maxRequestBytes: settings.maxRequestBytes,
      memory,
      indexBytes,
      clock,
      onTruncated: (what) => this.#telemetry.truncate(what),
    })
    this.#budget = new ByteBudget(settings.maxBufferedBytes, clock)
    this.#arrays = new ArrayExports({
      openBatch: (onRoom) => this.#openBatch(onRoom),
      now: () => clock.now(),
      nextIteration: () => new Promise((resolve) => clock.soon(resolve)),
      inTime: async ({ at }, event) => (await bounded(clock, { at }, () => event)).status === 'done',
      // Spans that fail later are in a request by then, and the transport counts them.
      onRefused: (reason, count) => this.#telemetry.refuse(reason, count),
    })
    exitFlush?.add(() => this.#arrays.drainNow())
  }

  /**
   * The original `export` of this class, which does the same as `openBatch` and `send`. If a processor finds another `export`
   * on the exporter, from a subclass or a patch, it passes every span to that one.
   */
  get exportOfBatches(): OTLPTraceExporter['export'] {
    return exportOfBatches
  }

  /**
   * Returns a new batch, or undefined while `maxBufferedBytes` leaves no room. `onRoom` is called once there is room. It is
   * also called when there is more room after an empty batch returned `'full'` for a span. Close a batch that
   * waits to be sent: up to half of the memory that is left is reserved for an open batch. If there is no memory left for
   * another one, the exporter closes the open batches that hold spans.
   */
  openBatch(onRoom: () => void): SpanBatch | undefined {
    return selfOf(this).#openBatch(onRoom)
  }

  /**
   * Calls back once, within `timeoutMillis`: with code 0 if the backend accepted every span, otherwise with code 1 and the
   * first error. Spans that are stored by then, because the backend is down, were not accepted, and are sent later all the same. Keeps an otherwise idle process alive until then.
   */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const self = selfOf(this)
    if (self.#shutdownPromise !== undefined) {
      self.#telemetry.refuse('already_shutdown', spans.length)
      callBack(resultCallback, { code: 1, error: new Error('the exporter is shut down') })
      return
    }
    self.#exitFlush?.register()
    const exported = self.#exportWhole(spans, resultCallback)
    self.#exports.add(exported)
    // Keeps the process alive meanwhile, as the stock exporter does: the caller may wait for the result without a timer.
    const ended = bounded(self.#clock, { at: Infinity, keepAlive: true }, () => exported)
    void ended.then(() => self.#exports.delete(exported))
  }

  /**
   * Resolves when every array that was exported before this call has its outcome, within `timeoutMillis`. Does not wait for
   * batches of `openBatch`: their sender waits for them, and its own flush must not wait for later ones.
   */
  async forceFlush(): Promise<void> {
    await Promise.all(selfOf(this).#exports)
  }

  /**
   * Ends back-offs with one last try, waits up to 5 s for exports under way, and closes every connection. Arrays that find
   * no room within 4 s are given up. When it resolves, every array that was exported before has its outcome. Later exports
   * fail at once. A second call returns the same promise.
   */
  shutdown(): Promise<void> {
    const self = selfOf(this)
    self.#shutdownPromise ??= self.#runShutdown()
    return self.#shutdownPromise
  }

  /**
   * With `worker`, the exporter calls `drain` in the `exit` event of the process, to get what is queued. Without, it cannot send
   * anything there, and ignores the call.
   */
  onExit(drain: () => void): void {
    const self = selfOf(this)
    self.#exitFlush?.register()
    self.#exitFlush?.add(drain)
  }

  /**
   * With `worker`, how many batches more than `maxConcurrentBatches` may be handed over at this moment. They wait in the export
   * thread, which sends them even while the thread of the application is busy. Up to twice `concurrencyLimit`; fewer if answers
   * take a sixth of the time limit or longer; none before the first answer, and none while the backend does not answer.
   */
  extraBatches(): number {
    return selfOf(this).#transport.extraBatches?.() ?? 0
  }

  /** What the exporter has done so far. Needs no MeterProvider. */
  stats(): ExporterStats {
    const self = selfOf(this)
    self.#transport.poll?.()
    return self.#telemetry.stats(self.#budget.held)
  }

  #openBatch(onRoom: () => void): BufferedBatch | undefined {
    const { maxRequestBytes } = this.#settings
    let reserved = this.#budget.reserve(maxRequestBytes, onRoom)
    // Open batches have more set aside than they use, and a caller may never close those that wait to be sent.
    if (reserved === 0 && this.#closeFilled()) reserved = this.#budget.reserve(maxRequestBytes, onRoom)
    if (reserved === 0) return undefined
    this.#exitFlush?.register()
    this.#transport.prepare?.()
    const encoder = this.#encoder.openBatch(reserved)
    const [transport, budget] = [this.#transport, this.#budget]
    const onStored = this.#onStored
    return new BufferedBatch({
      encoder,
      transport,
      budget,
      reserved,
      maxBytes: maxRequestBytes,
      onRoom,
      onStored,
      open: this.#open,
    })
  }

  /** Closes the open batches that hold spans, so their callers send them sooner. True if there were any. */
  #closeFilled(): boolean {
    const filled = [...this.#open].filter(({ isReclaimable }) => isReclaimable)
    for (const batch of filled) batch.close()
    return filled.length > 0
  }

  async #exportWhole(given: readonly ReadableSpan[], resultCallback: (result: ExportResult) => void): Promise<void> {
    const at = this.#clock.now() + this.#settings.timeoutMillis
    try {
      // A copy, because the caller may reuse the array after the call. The stock exporter has read it by then.
      const spans = given.slice()
      const error = await this.#arrays.export(spans, {
        at,
        signal: NEVER,
        closing: this.#closing.signal,
      })
      callBack(resultCallback, error === undefined ? { code: 0 } : { code: 1, error })
    } catch (error) {
      callBack(resultCallback, { code: 1, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  async #runShutdown(): Promise<void> {
    this.#closing.abort()
    const at = this.#clock.now() + SHUTDOWN_MILLIS
    // Arrays that were exported before must reach the transport before it shuts down: after that it takes no more batches.
    await bounded(this.#clock, { at: at - REQUESTS_MILLIS, keepAlive: true }, () => this.#arrays.encoded)
    this.#arrays.close()
    await this.#transport.shutdown({ at })
    const last = this.#clock.now() + CALLBACKS_MILLIS
    await bounded(this.#clock, { at: last, keepAlive: true }, () => Promise.all(this.#exports))
    this.#exitFlush?.close()
    this.#budget.close()
    this.#open.clear()
    this.#encoder.close()
  }
}

// Read here, before anyone can patch the prototype.
// oxlint-disable-next-line typescript/unbound-method -- only ever compared
const exportOfBatches = OTLPTraceExporter.prototype.export

/** The export of an array can only be ended by its deadline. */
const NEVER = new AbortController().signal

function callBack(resultCallback: (result: ExportResult) => void, result: ExportResult): void {
  try {
    resultCallback(result)
  } catch {
    // It is the caller's error, and the export is over.
  }
}
