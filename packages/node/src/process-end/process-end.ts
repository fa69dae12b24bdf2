// SPDX-License-Identifier: Apache-2.0
import { isMainThread } from 'node:worker_threads'
import { systemClock } from '@spanring/core/clock'
import type { Timer } from '@spanring/core/clock'
import { MAX_TIMER_MILLIS } from '@spanring/core/limits'
import { flush } from '../pipeline/flush.js'
import { ExitReport } from './exit-report.js'
import { describeLoss, unsentOf } from './loss.js'
import { PromptSending } from './prompt-sending.js'
import { raiseSignal } from './raise-signal.js'
import type { RenewableProcessor } from './renewable-processor.js'
import { SignalListeners } from './signal-listeners.js'
import { exitTimeoutMillis, TimeBudget } from './time-budget.js'
import { allFulfilWithin, otherListenersKeepAlive } from './waits.js'

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** One stop may arrive as two signals, since npm and supervisors pass on what the whole group was sent. In milliseconds. */
const REPEATED_WITHIN_MILLIS = 1000
/** In exit timeouts: an application that lives this long after a signal goes on. 30 s by default, as Kubernetes grants. */
const GRACE_FACTOR = 6
/** The share of the budget in which a flush has to end. Metrics and logs need the rest when the backend is down. */
const FLUSH_SHARE = 0.75
/** The share of the exit timeout in which what hangs after a flush is closed. */
const CLOSE_SHARE = 0.05
/**
 * How often in a row `beforeExit` may bring new spans while the application does nothing else. A listener that traces
 * whenever it is called would otherwise keep the process alive for ever.
 */
const MAX_IDLE_ROUNDS = 3

type State = 'running' | 'flushing' | 'draining' | 'ending' | 'ending by signal'

/** What is shut down: `NodeSDK`, which has metrics and logs beside the spans. */
interface Sdk {
  shutdown(): Promise<void>
}

/**
 * Delivers what is left when the process ends: when it has nothing left to do, and on SIGTERM and SIGINT. If the
 * application listens to a signal, the application decides what happens, and spans only leave at once from then on. Any
 * other signal ends the process as it would without us. All of that together, metrics and logs included, delays the end
 * by at most `SPANRING_EXIT_TIMEOUT`. A line on stderr counts what is lost.
 *
 * ```
 *    ┌────────────────── delivered, or given up ──────────────────┐
 *    ▼                                                            │
 * running ── signal that the application handles, or a span ──► flushing
 *  ▲   │     that ends after such a signal
 *  │   │
 *  │   └──── beforeExit ──► draining ── nothing more to deliver, or no time left ──► ending ──► Node.js ends the process,
 *  │                           │                                                                or a timer of ours does
 *  └── the application goes ───┘
 *      on, or has traced more
 *
 * each of these ── signal that the application does not handle ──► ending by signal ──► raised again without our listeners
 * ```
 *
 * The method that enters a state is the only one that leaves it, but for a signal that the application does not handle.
 * So each of them looks at the state again after a wait, and stops if a signal has taken over.
 */
export class ProcessEnd {
  #state: State = 'running'
  readonly #sdk: Sdk
  readonly #spans: RenewableProcessor
  readonly #exitTimeoutMillis = exitTimeoutMillis()
  readonly #budget = new TimeBudget(this.#exitTimeoutMillis)
  readonly #promptSending: PromptSending
  readonly #listeners: SignalListeners
  readonly #report: ExitReport
  #graceTimer: Timer | undefined
  #idleRounds = 0
  #shutdownPromise: Promise<boolean> | undefined
  /** Only while the state is `ending by signal`. */
  #endedBy: { readonly signal: NodeJS.Signals; readonly at: number } | undefined

  constructor(sdk: Sdk, spans: RenewableProcessor) {
    this.#sdk = sdk
    this.#spans = spans
    this.#promptSending = new PromptSending(spans, () => void this.#flushAfterSignal())
    this.#listeners = new SignalListeners(SIGNALS, (signal) => this.#onSignal(signal))
    this.#report = new ExitReport(() => describeLoss(spans.stats()))
  }

  /** Begins to listen to the process. */
  watch(): void {
    // Signals reach the main thread alone.
    if (isMainThread) this.#listeners.add()
    process.on('beforeExit', () => void this.#drainBeforeExit())
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#listeners.appListensTo(signal)) this.#onSignalOfApp()
    else if (this.#endedBy === undefined) void this.#endBySignal(signal)
    // Another signal, or the same one later, comes from somebody who does not want to wait.
    else if (signal !== this.#endedBy.signal || systemClock.now() - this.#endedBy.at > REPEATED_WITHIN_MILLIS) this.#raise(signal)
  }

  #onSignalOfApp(): void {
    if (this.#shutdownPromise !== undefined) return
    this.#promptSending.start()
    systemClock.stopTimer(this.#graceTimer)
    const graceMillis = Math.min(this.#exitTimeoutMillis * GRACE_FACTOR, MAX_TIMER_MILLIS)
    this.#graceTimer = systemClock.startTimer(() => this.#promptSending.stop(), graceMillis)
    void this.#flushAfterSignal()
  }

  /**
   * State `flushing`. Only the application knows whether it will end now, so nothing of ours may keep the process alive
   * when the time is over.
   */
  async #flushAfterSignal(): Promise<void> {
    if (!this.#is('running')) return
    this.#state = 'flushing'
    let isInTime: boolean
    do {
      this.#budget.renew()
      this.#budget.start()
      // oxlint-disable-next-line no-await-in-loop -- spans that end meanwhile may hang as well
      isInTime = await this.#flushInTime()
      // oxlint-disable-next-line no-await-in-loop -- as above
    } while (isInTime && (await this.#hasMoreToFlush()))
    if (!isInTime && this.#is('flushing')) {
      // If the application goes on, it should not lose more spans to a slow backend.
      this.#promptSending.stop()
      await this.#spans.letGo(this.#exitTimeoutMillis * CLOSE_SHARE)
    }
    if (!this.#is('flushing')) return
    this.#state = 'running'
    this.#budget.pause()
  }

  async #hasMoreToFlush(): Promise<boolean> {
    const hasMore = (): boolean => this.#is('flushing') && this.#promptSending.isOn && unsentOf(this.#spans.stats()) > 0
    if (!hasMore()) return false
    await this.#promptSending.waitForInterval()
    return hasMore()
  }

  /** State `draining`: the process has nothing left to do. Once what this brings up is done, `beforeExit` comes again. */
  async #drainBeforeExit(): Promise<void> {
    if (!this.#is('running')) return
    this.#state = 'draining'
    this.#startBudget()
    // The application's listeners run after ours, and what they trace is delivered as well.
    const appGoesOn = await otherListenersKeepAlive()
    const hasTraced = unsentOf(this.#spans.stats()) > 0
    const isInTime = !hasTraced || (await this.#flushInTime())
    if (!this.#is('draining')) return
    this.#idleRounds = appGoesOn ? 0 : this.#idleRounds + 1
    if (isInTime && (appGoesOn || (hasTraced && this.#idleRounds <= MAX_IDLE_ROUNDS))) {
      this.#state = 'running'
      if (!hasTraced) this.#budget.pause()
      return
    }
    await this.#end()
  }

  /** State `ending`. */
  async #end(): Promise<void> {
    this.#state = 'ending'
    const isDone = await this.#shutdown()
    // A request of metrics, logs or a stock exporter that hangs would keep alive a process that has nothing left to do.
    if (!isDone && this.#is('ending')) systemClock.startTimer(() => process.exit(), this.#budget.left)
  }

  /** State `ending by signal`; also from `ending`, whose shutdown it then waits for. */
  async #endBySignal(signal: NodeJS.Signals): Promise<void> {
    this.#state = 'ending by signal'
    this.#endedBy = { signal, at: systemClock.now() }
    await this.#shutdown()
    this.#raise(signal)
  }

  #raise(signal: NodeJS.Signals): void {
    raiseSignal(signal, this.#listeners, this.#report)
  }

  /** True if everything has ended well and in time; then nothing of it keeps the process alive. */
  #shutdown(): Promise<boolean> {
    if (this.#shutdownPromise === undefined) {
      this.#startBudget()
      this.#promptSending.stop()
      // Zero would mean: without a limit.
      const timeoutMillis = Math.max(1, this.#budget.left)
      // The processor first: the call by NodeSDK, which gives no limit, joins this one.
      this.#shutdownPromise = allFulfilWithin(timeoutMillis, () => [
        this.#spans.shutdown({ timeoutMillis }),
        this.#sdk.shutdown(),
      ])
    }
    return this.#shutdownPromise
  }

  #startBudget(): void {
    // Spans have ended after an earlier signal's time was over, so the application went on, and this is a new end.
    if (this.#spans.isRenewed) this.#budget.renew()
    this.#budget.start()
  }

  /** False if the time was too short. True also if spans have failed for good: that is no reason to let go of the rest. */
  async #flushInTime(): Promise<boolean> {
    const keptMillis = this.#exitTimeoutMillis * (1 - FLUSH_SHARE)
    if (this.#budget.left <= keptMillis) return false
    const isDelivered = await flush({ timeoutMillis: this.#budget.left - keptMillis })
    const isInTime = isDelivered || this.#budget.left > keptMillis
    // What follows is the application's own time.
    if (isDelivered) this.#budget.pause()
    return isInTime
  }

  /** A method, because the compiler does not see that the state may change during an `await`. */
  #is(state: State): boolean {
    return this.#state === state
  }
}
