// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os'
import { isMainThread } from 'node:worker_threads'
import { TimeBudget, now, soon, startTimer, stopTimer } from '../clock.js'
import { exitTimeoutMillis, MAX_TIMER_MILLIS } from './time-budget.js'
import { flush } from '../pipeline/flush.js'
import { LastWord } from './exit-report.js'
import { lossOf, unsentOf } from './loss.js'
import { PromptSending } from './prompt-sending.js'
import type { RenewableProcessor } from './renewable-processor.js'
import { SignalListeners } from './signal-listeners.js'

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** One stop may arrive as two signals: npm and supervisors pass on what was sent to the whole group. In milliseconds. */
const REPEATED_WITHIN_MILLIS = 1000
/** How long the first process of a container may outlive the signal that it sent to itself, in milliseconds. */
const FIRST_PROCESS_MILLIS = 100
/** Times `SPANRING_EXIT_TIMEOUT`: an application that lives on for so long after a signal goes on. 30 s, as Kubernetes grants. */
const DRAIN_FACTOR = 6
/** The share of the time in which a flush has to end; metrics and logs have what is left when the backend is down. */
const FLUSH_SHARE = 0.75
/** The share in which what hangs after a flush is closed. */
const CLOSE_SHARE = 0.05

/** How often `beforeExit` may bring spans of an application that does nothing else: one that traces whenever it is called would never end. */
const MAX_IDLE_ROUNDS = 3

/** What is ended: `NodeSDK`, with metrics and logs beside the spans. */
interface Sdk {
  shutdown(): Promise<void>
}

/**
 * Delivers what is left when the process ends: when it has nothing left to do, and on SIGTERM and SIGINT. A signal that
 * the application listens to is its own affair, and only makes spans leave at once from then on; any other ends the
 * process as it would without us. All of that together, metrics and logs included, puts the end off for at most
 * `SPANRING_EXIT_TIMEOUT`. What is lost is said on stderr, with counts.
 */
export function endWithProcess(sdk: Sdk, spans: RenewableProcessor): void {
  const millis = exitTimeoutMillis()
  const budget = new TimeBudget(millis)
  const promptSending = new PromptSending(spans, () => void deliverInTime())
  const listeners = new SignalListeners(SIGNALS, onSignal)
  const lastWord = new LastWord(() => lossOf(spans.stats()))
  let ended: Promise<boolean> | undefined
  let isFlushing = false
  let idleRounds = 0
  let goesOnTimer: NodeJS.Timeout | undefined
  let endedBy: { readonly signal: NodeJS.Signals; readonly at: number } | undefined

  /** True if all has ended well and in time: then nothing of it keeps the process alive. */
  function end(): Promise<boolean> {
    if (ended === undefined) {
      startBudget()
      promptSending.stop()
      // The processor first: the call of NodeSDK joins this one, and knows no bound. Zero would be without one.
      const timeoutMillis = Math.max(1, budget.left)
      ended = within(timeoutMillis, () => [spans.shutdown({ timeoutMillis }), sdk.shutdown()])
    }
    return ended
  }

  function startBudget(): void {
    // Spans have ended since the time of an earlier signal was over, so the application has gone on.
    if (spans.isRenewed) budget.renew()
    budget.start()
  }

  /** False if the time was too short. What was delivered, or has failed for good, is no reason to let go of anything. */
  async function flushInTime(): Promise<boolean> {
    const kept = millis * (1 - FLUSH_SHARE)
    if (budget.left <= kept) return false
    const isDelivered = await flush({ timeoutMillis: budget.left - kept })
    const isInTime = isDelivered || budget.left > kept
    // What follows is the application's own time.
    if (isDelivered) budget.pause()
    return isInTime
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (listeners.includeApp(signal)) {
      if (ended !== undefined) return
      promptSending.start()
      stopTimer(goesOnTimer)
      goesOnTimer = startTimer(() => promptSending.stop(), Math.min(millis * DRAIN_FACTOR, MAX_TIMER_MILLIS)).unref()
      void deliverInTime()
    } else if (endedBy === undefined) {
      endedBy = { signal, at: now() }
      void end().then(() => raise(signal))
    } else if (signal !== endedBy.signal || now() - endedBy.at > REPEATED_WITHIN_MILLIS) {
      // It comes from somebody who does not want to wait.
      raise(signal)
    }
  }

  /** Only the application knows whether it goes on, so when the time is over nothing of ours may keep it alive. */
  async function deliverInTime(): Promise<void> {
    if (isFlushing) return
    isFlushing = true
    let isInTime: boolean
    do {
      budget.renew()
      budget.start()
      // oxlint-disable-next-line no-await-in-loop -- what has ended meanwhile may hang as well
      isInTime = await flushInTime()
      // oxlint-disable-next-line no-await-in-loop -- as above
    } while (isInTime && (await hasMoreInTurn()))
    if (!isInTime && ended === undefined) {
      // If it goes on, it should not lose more to a backend that is slow.
      promptSending.stop()
      await spans.letGo(millis * CLOSE_SHARE)
    }
    isFlushing = false
    if (ended === undefined) budget.pause()
  }

  async function hasMoreInTurn(): Promise<boolean> {
    const hasMore = (): boolean => ended === undefined && promptSending.isOn && unsentOf(spans.stats()) > 0
    if (!hasMore()) return false
    await promptSending.turn()
    return hasMore()
  }

  function raise(signal: NodeJS.Signals): void {
    const code = 128 + constants.signals[signal]
    try {
      listeners.remove()
    } catch {
      // A frozen process keeps its listeners, so the signal would not end it.
      process.exit(code)
    }
    lastWord.sayLater()
    try {
      process.kill(process.pid, signal)
    } catch {
      // A sandbox may forbid signals, and a test may replace this; the process was meant to end by it.
      process.exit(code)
    }
    // The first process of a container outlives a signal that nobody listens to; this one was meant to end it.
    if (process.pid === 1) startTimer(() => process.exit(code), FIRST_PROCESS_MILLIS)
  }

  async function onBeforeExit(): Promise<void> {
    if (isFlushing || ended !== undefined) return
    startBudget()
    isFlushing = true
    // The listeners of the application come after this one, and what they trace is delivered as well.
    const goesOn = await listenersHaveRun()
    const hasTraced = unsentOf(spans.stats()) > 0
    const isInTime = !hasTraced || (await flushInTime())
    isFlushing = false
    idleRounds = goesOn ? 0 : idleRounds + 1
    // Once that is idle again, this is called again.
    if (isInTime && (goesOn || (hasTraced && idleRounds <= MAX_IDLE_ROUNDS))) {
      if (!hasTraced && ended === undefined) budget.pause()
      return
    }
    // A request of metrics, logs or a stock exporter that hangs would keep alive a process that has nothing left to do.
    if (!(await end())) startTimer(() => process.exit(), budget.left).unref()
  }

  // Signals reach the main thread alone.
  if (isMainThread) listeners.add()
  process.on('beforeExit', () => void onBeforeExit())
}

/** Waits in a listener of `beforeExit` for those behind it; whether one of them has given the process more to do. */
async function listenersHaveRun(): Promise<boolean> {
  const before = process.getActiveResourcesInfo().length
  await Promise.resolve()
  const goesOn = process.getActiveResourcesInfo().length > before
  // What they have put off to this turn has run, too.
  await new Promise((resolve) => soon(resolve))
  return goesOn
}

/** Whether all have been fulfilled before the time is over; keeps the process alive meanwhile. */
async function within(millis: number, steps: () => Promise<unknown>[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => (timer = startTimer(resolve, millis, false)))
  const all = Promise.allSettled(steps()).then((results) => results.every(({ status }) => status === 'fulfilled'))
  const isDone = await Promise.race([all, timeout])
  stopTimer(timer)
  return isDone
}
