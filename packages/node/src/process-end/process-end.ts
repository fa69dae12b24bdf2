// SPDX-License-Identifier: Apache-2.0
import { isMainThread } from 'node:worker_threads'
import { MAX_TIMER_MILLIS, systemClock } from '@spanring/core/clock'
import type { Timer } from '@spanring/core/clock'
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

/** A repeated signal within this time, in milliseconds, is ignored: npm and supervisors pass on what the whole group gets. */
const REPEATED_WITHIN_MILLIS = 1000
/** An application that lives for this many exit time-outs after a signal goes on. 30 s by default, as in Kubernetes. */
const GRACE_FACTOR = 6
/** The share of the budget that a flush may use. Metrics and logs need the rest when the backend is down. */
const FLUSH_SHARE = 0.75
/** The share of the exit time-out for closing what still hangs after a flush. */
const CLOSE_SHARE = 0.05
/**
 * How many times in a row `beforeExit` may cause new spans while the application does nothing else. Otherwise a listener that
 * traces whenever it is called would keep the process alive for ever.
 */
const MAX_IDLE_ROUNDS = 3

type State = 'running' | 'flushing' | 'draining' | 'ending' | 'ending by signal'

/** What is shut down: the `NodeSDK`, which also handles metrics and logs. */
interface Sdk {
  shutdown(): Promise<void>
}

/**
 * Delivers what is left when the process ends: when it has nothing left to do, and on SIGTERM and SIGINT. If the application
 * listens to a signal, the application decides what happens, and from then on spans are only sent without delay. Otherwise
 * the signal ends the process as it would without us. All of this together, including metrics and logs, delays the end by at
 * most `SPANRING_EXIT_TIMEOUT`. A line on stderr says how many spans were lost.
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
 * A state is left by the method that entered it, or because of a signal that the application does not handle. So each of
 * these methods checks the state again after a wait, and stops if a signal has taken over.
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
  /** Set only in the state `ending by signal`. */
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
    // Only the main thread gets signals.
    if (isMainThread) this.#listeners.add()
    process.on('beforeExit', () => void this.#drainBeforeExit())
  }

  #onSignal(signal: NodeJS.Signals): void {
    if (this.#listeners.appListensTo(signal)) this.#onSignalOfApp()
    else if (this.#endedBy === undefined) void this.#endBySignal(signal)
    // Another signal, or the same one after a while, means that the sender does not want to wait.
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
      // If the application goes on, a slow backend must not cost it more spans.
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

  /** State `draining`: the process has nothing left to do. If this causes more work, `beforeExit` comes again after it. */
  async #drainBeforeExit(): Promise<void> {
    if (!this.#is('running')) return
    this.#state = 'draining'
    this.#startBudget()
    // The application's listeners run after ours, and the spans that they create are delivered as well.
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
    // Otherwise a hanging request of metrics, logs or a stock exporter would keep alive a process that has nothing left to do.
    if (!isDone && this.#is('ending')) systemClock.startTimer(() => process.exit(), this.#budget.left)
  }

  /** State `ending by signal`. If the state was `ending`, it waits for the shutdown that has already begun. */
  async #endBySignal(signal: NodeJS.Signals): Promise<void> {
    this.#state = 'ending by signal'
    this.#endedBy = { signal, at: systemClock.now() }
    await this.#shutdown()
    this.#raise(signal)
  }

  #raise(signal: NodeJS.Signals): void {
    raiseSignal(signal, this.#listeners, this.#report)
  }

  /** Resolves to true if everything succeeded in time. In that case nothing of it keeps the process alive. */
  #shutdown(): Promise<boolean> {
    if (this.#shutdownPromise === undefined) {
      this.#startBudget()
      this.#promptSending.stop()
      // Zero would mean without a limit.
      const timeoutMillis = Math.max(1, this.#budget.left)
      // The processor first, with a limit. The call by NodeSDK, which gives no limit, then gets the same promise.
      this.#shutdownPromise = allFulfilWithin(timeoutMillis, () => [
        this.#spans.shutdown({ timeoutMillis }),
        this.#sdk.shutdown(),
      ])
    }
    return this.#shutdownPromise
  }

  #startBudget(): void {
    // If spans have ended after the time of an earlier signal was over, the application went on, and this is a new end.
    if (this.#spans.isRenewed) this.#budget.renew()
    this.#budget.start()
  }

  /** False if the time was too short. True even if spans have failed for good, because that is no reason to give up the rest. */
  async #flushInTime(): Promise<boolean> {
    const reservedMillis = this.#exitTimeoutMillis * (1 - FLUSH_SHARE)
    if (this.#budget.left <= reservedMillis) return false
    const isDelivered = await flush({ timeoutMillis: this.#budget.left - reservedMillis })
    const isInTime = isDelivered || this.#budget.left > reservedMillis
    // From here on, the application uses its own time.
    if (isDelivered) this.#budget.pause()
    return isInTime
  }

  /** A method, because the compiler does not see that the state may change during an `await`. */
  #is(state: State): boolean {
    return this.#state === state
  }
}
