// SPDX-License-Identifier: Apache-2.0
import { bounded, systemClock } from '@spanring/core'
import type { ExportResult } from '@spanring/core'
import { BufferedBatch } from './buffered-batch.js'
import { ByteBudget } from './byte-budget.js'
import type { OTLPTraceExporterOptions } from './config/options.js'
import { resolveOptions } from './config/settings.js'
import type { Settings } from './config/settings.js'
import { TraceEncoder } from './encode/trace-encoder.js'
import { ExporterTelemetry } from './exporter-telemetry.js'
import type { ExporterStats } from './exporter-telemetry.js'
import type { ReadableSpan } from './readable-span.js'
import type { SpanBatch } from './span-exporter.js'
import { Transport } from './transport/transport.js'
import { WholeExports } from './whole-export.js'

/**
 * How long `shutdown` waits for exports under way, in milliseconds, after it has ended their back-offs: what a healthy
 * backend needs to answer, and not what a dead one would take.
 */
const SHUTDOWN_MILLIS = 5000
/** How much of that time stays for requests, in milliseconds, however many arrays still wait for room. */
const REQUESTS_MILLIS = 1000
/** How long the outcomes may take to reach the callers of `export` after the last request has ended, in milliseconds. */
const CALLBACKS_MILLIS = 250

const SELF = Symbol('exporter')

/**
 * The object that was constructed, which alone has the private names: applications put a Proxy or an `Object.create`
 * around an exporter, and every call through that would throw.
 */
function selfOf(exporter: OTLPTraceExporter): OTLPTraceExporter {
  return (exporter as unknown as { readonly [SELF]: OTLPTraceExporter })[SELF]
}

/**
 * Exports spans as OTLP over HTTP. As a plain `SpanExporter` it works behind any span processor; the one of
 * `@spanring/batch-span-processor` hands it spans one by one, so that encoding is spread over event-loop turns.
 *
 * `export` may be called again before an earlier call has ended. It never throws: every outcome is a result.
 */
export class OTLPTraceExporter {
  /** How many batches may be sent at once. */
  readonly maxConcurrentBatches: number
  readonly #settings: Settings
  readonly #encoder: TraceEncoder
  readonly #budget: ByteBudget
  readonly #telemetry: ExporterTelemetry
  readonly #transport: Transport
  readonly #closing = new AbortController()
  /** Arrays that are being encoded or sent. */
  readonly #exports = new Set<Promise<void>>()
  readonly #arrays: WholeExports
  #shutdown: Promise<void> | undefined

  constructor(options: OTLPTraceExporterOptions = {}) {
    // Not enumerable, so that it stays out of what is logged of an exporter.
    Object.defineProperty(this, SELF, { value: this })
    const settings = resolveOptions(options)
    this.#settings = settings
    this.maxConcurrentBatches = settings.concurrencyLimit
    this.#encoder = new TraceEncoder({
      format: settings.protocol === 'http/json' ? 'json' : 'protobuf',
      maxRequestBytes: settings.maxRequestBytes,
      onTruncated: (what) => this.#telemetry.truncate(what),
    })
    this.#budget = new ByteBudget(settings.maxBufferedBytes)
    this.#telemetry = new ExporterTelemetry(settings, options.selfObsMeterProvider)
    this.#transport = new Transport(settings, this.#telemetry)
    this.#arrays = new WholeExports({
      openBatch: (onRoom) => this.#openBatch(onRoom),
      now: () => systemClock.now(),
      nextTurn: () => new Promise((resolve) => systemClock.soon(resolve)),
      inTime: async ({ at }, event) => (await bounded(systemClock, { at }, () => event)).status === 'done',
      // What is refused later was in a request, and the transport tells of it.
      onRefused: (reason, count) => this.#telemetry.refuse(reason, count),
    })
  }

  /**
   * The `export` with which this class was built: it does the same as `openBatch` and `send`. A processor that finds
   * another one on the exporter, from a subclass or a patch, gives every span to that one, whenever it was put there.
   */
  get exportOfBatches(): OTLPTraceExporter['export'] {
    return exportOfBatches
  }

  /**
   * A new batch, or undefined while `maxBufferedBytes` are held; `onRoom` is called once there is room, and when there is
   * more room for a span that an empty batch called full. Close a batch before you open the next one: an open batch has
   * up to half of the memory that is left set aside for it.
   */
  openBatch(onRoom: () => void): SpanBatch | undefined {
    return selfOf(this).#openBatch(onRoom)
  }

  /**
   * Calls back once, within `timeoutMillis`, and keeps an otherwise idle process alive until then: with code 0 if every
   * span was taken by the backend, else with code 1 and the first error.
   */
  export(spans: ReadableSpan[], resultCallback: (result: ExportResult) => void): void {
    const self = selfOf(this)
    if (self.#shutdown !== undefined) {
      self.#telemetry.refuse('already_shutdown', spans.length)
      answer(resultCallback, { code: 1, error: new Error('the exporter is shut down') })
      return
    }
    const exported = self.#exportWhole(spans, resultCallback)
    self.#exports.add(exported)
    // Holds the process meanwhile, as the stock exporter does: whoever awaits the outcome may do so without a timer.
    const ended = bounded(systemClock, { at: Infinity, keepAlive: true }, () => exported)
    void ended.then(() => self.#exports.delete(exported))
  }

  /**
   * Resolves when every array that was handed over before this call has its outcome, within `timeoutMillis`. A batch of
   * `openBatch` is awaited by whoever sends it; its `forceFlush` must not wait for those that follow.
   */
  async forceFlush(): Promise<void> {
    await Promise.all(selfOf(this).#exports)
  }

  /**
   * Ends back-offs with one last try, waits for exports under way for at most 5 s, and closes every connection. Arrays
   * that find no room in the first 4 s of it are given up. Every array that was handed over before has its outcome then.
   * Later exports fail at once. A second call returns the same promise.
   */
  shutdown(): Promise<void> {
    const self = selfOf(this)
    self.#shutdown ??= self.#shutDown()
    return self.#shutdown
  }

  /** What the exporter has done so far, at any time and without a MeterProvider. */
  stats(): ExporterStats {
    const self = selfOf(this)
    return self.#telemetry.stats(self.#budget.held)
  }

  #openBatch(onRoom: () => void): BufferedBatch | undefined {
    const { maxRequestBytes } = this.#settings
    const reserved = this.#budget.reserve(maxRequestBytes, onRoom)
    if (reserved === 0) return undefined
    const encoder = this.#encoder.openBatch(reserved)
    const [transport, budget] = [this.#transport, this.#budget]
    return new BufferedBatch({ encoder, transport, budget, reserved, maxBytes: maxRequestBytes, onRoom })
  }

  async #exportWhole(given: readonly ReadableSpan[], resultCallback: (result: ExportResult) => void): Promise<void> {
    const at = systemClock.now() + this.#settings.timeoutMillis
    try {
      // The array may be emptied and filled anew when the call returns: the stock exporter has read it by then.
      const spans = given.slice()
      const error = await this.#arrays.export(spans, { at, signal: NEVER, closing: this.#closing.signal })
      answer(resultCallback, error === undefined ? { code: 0 } : { code: 1, error })
    } catch (error) {
      answer(resultCallback, { code: 1, error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  async #shutDown(): Promise<void> {
    this.#closing.abort()
    const at = systemClock.now() + SHUTDOWN_MILLIS
    // When it shuts down the transport takes nothing more, and these were handed over before.
    await bounded(systemClock, { at: at - REQUESTS_MILLIS, keepAlive: true }, () => this.#arrays.encoded)
    this.#arrays.end()
    await this.#transport.shutdown({ at })
    const last = systemClock.now() + CALLBACKS_MILLIS
    await bounded(systemClock, { at: last, keepAlive: true }, () => Promise.all(this.#exports))
    this.#budget.end()
    this.#encoder.close()
  }
}

// Read here, before anybody can have patched the prototype.
// oxlint-disable-next-line typescript/unbound-method -- only ever compared
const exportOfBatches = OTLPTraceExporter.prototype.export

/** Nobody gives up an array that was handed over; its deadline does. */
const NEVER = new AbortController().signal

function answer(resultCallback: (result: ExportResult) => void, result: ExportResult): void {
  try {
    resultCallback(result)
  } catch {
    // The caller's own error; the export is over.
  }
}
