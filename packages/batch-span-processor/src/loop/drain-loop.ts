// SPDX-License-Identifier: Apache-2.0
import { BatchAssembler } from '../batching/batch-assembler.js'
import type { Progress } from '../batching/batch-assembler.js'
import { BatchDispatcher } from '../batching/batch-dispatcher.js'
import { ExportsInFlight } from '../export/exports-in-flight.js'
import { BLOCKED_MILLIS, MIN_POLL_MILLIS, NEVER, SPARE_SHIFT } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { FlushBarrier } from '../waits/flush-barriers.js'
import { ArrivalRate } from './arrival-rate.js'
import { LoopTimer } from './loop-timer.js'

/** Set by Node.js when it calls the listeners of `exit`. */
interface ExitingProcess {
  readonly process?: { readonly _exiting?: boolean }
}

type Mode = 'idle' | 'waiting' | 'awake' | 'blocked' | 'stopped'

/**
 * The one place that moves spans and calls the exporter. Timer, size, flush and shutdown only decide what happens next, and
 * take or request a turn, so two overlapping calls of `export` cannot be written, except when a page is hidden.
 *
 * ```
 *   ring ──stage──► open batch ──close──► waiting ──send──► in flight ──settle──► counted
 *            ≤ budget per turn               ≤ maxConcurrentBatches at once
 * ```
 *
 * | mode | meaning | timer | `onEnd` wakes it |
 * |---|---|---|---|
 * | idle | nothing waits | off, unless a report is due | on the first span |
 * | waiting | spans wait for their batch to fill, or for a slot | at the delay, unless no slot is free | when the open batch is full |
 * | awake | spans keep coming | every 2 to 16 ms | when a whole batch came between two looks |
 * | blocked | the exporter has no room | after 100 ms, if nothing settles before | never |
 * | stopped | after the sweep of shutdown | off | never |
 *
 * Busy slots do not block the loop: spans are staged all the same. Otherwise all that work would be left to the `onEnd`
 * calls that find the ring nearly full.
 *
 * `onEnd` does not wake the loop by `setImmediate`: that made the slowest calls five times slower. An awake loop costs
 * `onEnd` nothing.
 */
export class DrainLoop {
  /** The ring size at which `onEnd` calls {@link wake}. */
  wakeAt = 1
  /** The ring size from which on `onEnd` calls {@link help}. */
  readonly helpAt: number
  readonly #parts: PipelineParts
  readonly #assembler: BatchAssembler
  readonly #inFlight: ExportsInFlight
  readonly #dispatcher: BatchDispatcher
  readonly #timer: LoopTimer
  readonly #arrivals: ArrivalRate
  #mode: Mode = 'idle'
  #inTurn = false
  /** Whether the exporter, called by the turn under way, has asked for a flush. */
  #isFlushAsked = false
  /** Whether a flush has taken a turn inside its call, in this very macrotask. */
  #hasTurnedNow = false
  /** Whether the exporter, called by the turn under way to send, has called `onRoom`. */
  #hasRoom = false
  /** When a turn last found the exporter without room. */
  #noRoomAt = -Infinity
  /** Identifies the turn that comes at once; forgetting it allows another one to be requested. */
  #soon: object | undefined
  /** Everything admitted before this sequence number is sent now. */
  #flushTo = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#assembler = new BatchAssembler(parts, () => this.#onRoom())
    this.#inFlight = new ExportsInFlight(parts, () => {
      this.unblock()
      parts.barriers.progress()
    })
    this.#dispatcher = new BatchDispatcher(parts, this.#assembler, this.#inFlight)
    this.#timer = new LoopTimer(parts.clock, () => this.#takeTurn())
    this.#arrivals = new ArrivalRate(parts.maxExportBatchSize)
    const { capacity } = parts.ring
    this.helpAt = capacity - (capacity >> SPARE_SHIFT)
  }

  /** From `onEnd`, when the ring has reached `wakeAt`. */
  wake(): void {
    this.#parts.scope.runNeutral(this.#wake)
  }

  /** From `onEnd`, when the ring is nearly full: a bounded piece of the loop's work. Never sends. */
  help(): void {
    if (this.#inTurn || this.#mode === 'blocked') return
    // Taking spans out here keeps the ring from ever reaching `wakeAt`.
    if (this.wakeAt !== NEVER) this.wake()
    this.#parts.scope.runNeutral(this.#help)
  }

  readonly #help = (): void => {
    this.#inTurn = true
    this.#assembler.matchExporter()
    // One span, in exchange for the one that the caller adds; a second if that moved none, or another span ended meanwhile.
    let hasRoom = this.#assembler.stageOne()
    if (hasRoom && this.#parts.ring.size >= this.helpAt) hasRoom = this.#assembler.stageOne()
    // The next turn finds out whether that lasts: only a batch that was closed here may be in the way.
    if (!hasRoom) this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    else if (this.#isFlushAsked) this.#runSoon()
    this.#isFlushAsked = false
    this.#inTurn = false
  }

  /**
   * Sends everything admitted so far without waiting for full batches. The first turn is taken inside this call, because
   * there may be no later one while a page is unloaded. In the `exit` event of a process there is none, so everything is
   * sent at once. Inside a call into the exporter the turn comes after that call.
   */
  turnNow(): void {
    this.#flushTo = this.#parts.ring.head
    // A request for a turn may have been lost, see `drained`.
    this.#soon = undefined
    if (this.#inTurn) this.#isFlushAsked = true
    else if ((globalThis as ExitingProcess).process?.['_exiting']) this.drainNow()
    else if (this.#hasTurnedNow || this.#parts.scope.isInside()) this.#runSoon()
    else {
      // Once per macrotask: a caller that flushes again and again would otherwise keep the event loop to itself.
      this.#hasTurnedNow = true
      this.#parts.clock.soon(() => (this.#hasTurnedNow = false))
      this.#takeTurn()
    }
  }

  /**
   * For a page or a process that may never run again: everything queued goes to the exporter before this returns, however
   * much it is and whatever is under way. Only spans stay whose resource is not known, and those for which an incremental
   * exporter has no room, or no free slot of its `maxConcurrentBatches`.
   *
   * The one exception to I2 (arrays may overlap), to R7 (turns without a macrotask between them) and to the budget of a turn.
   */
  drainNow(): void {
    const { adapter, ring } = this.#parts
    // Already true if the exporter calls from in here.
    const { mayOverlap } = adapter
    adapter.mayOverlap = true
    // Until a turn has moved nothing: nothing is left, or what is left cannot leave.
    for (let size = Infinity; ring.size < size;) {
      size = ring.size
      this.#flushTo = ring.head
      this.#takeTurn()
    }
    adapter.mayOverlap = mayOverlap
  }

  /** Something changed that may end a flush or unblock the loop. */
  unblock(): void {
    this.#settleBarriers()
    this.#runSoon()
  }

  /**
   * Ends the loop: what has not left is counted as lost, exports under way are told, and no timer remains. Nothing is
   * admitted after `shutdown` was called, so nothing can slip in behind the sweep.
   */
  stop(): void {
    this.#to('stopped', NEVER, Infinity)
    const lost = this.#parts.ledger.sweep()
    this.#assembler.clear()
    if (lost) this.#parts.barriers.fail(0, new Error(`${lost} spans left at shutdown`))
    this.#inFlight.sweep()
    this.#settleBarriers()
  }

  /**
   * The exporter has room, or claims so too early or in vain. A call from inside `openBatch` or `add` is ignored, since the
   * loop would ask for ever; soon after a turn that found no room, the next turn waits a little.
   */
  #onRoom(): void {
    if (this.#inTurn) this.#hasRoom = true
    else if (this.#mode === 'blocked' && this.#parts.clock.now() - this.#noRoomAt < MIN_POLL_MILLIS) {
      this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    } else this.unblock()
  }

  #settleBarriers(): void {
    this.#parts.barriers.settle(Math.min(this.#assembler.oldest, this.#inFlight.oldest))
  }

  /**
   * Waits for a barrier, and requests each next turn itself: Cloudflare Workers drop timers and exports with the request in
   * which they began, and only the request of the waiter is sure to go on.
   */
  async drained(barrier: FlushBarrier): Promise<void> {
    while (!barrier.isDone) {
      // A promise created in this very request: that of another one could never be fulfilled once the other is over.
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await new Promise<void>((resolve) => (barrier.wake = resolve))
      if (barrier.isDone) return
      this.#soon = undefined
      this.#runSoon()
    }
  }

  /** The next turn comes at once, in a macrotask of its own. */
  #runSoon(): void {
    if (this.#soon || this.#mode === 'stopped') return
    const soon = {}
    this.#soon = soon
    this.#parts.clock.soon(() => {
      if (this.#soon !== soon) return
      this.#soon = undefined
      this.#takeTurn()
    })
  }

  #takeTurn(): void {
    this.#parts.scope.runNeutral(this.#turn)
  }

  readonly #wake = (): void => {
    const { clock, maxExportBatchSize, scheduledDelayMillis } = this.#parts
    if (this.#mode === 'idle') {
      this.#assembler.begin(clock.now())
      this.#to('waiting', maxExportBatchSize, scheduledDelayMillis)
      if (this.wakeAt > 1) return
    }
    this.#arrivals.begin()
    this.#to('awake', NEVER, MIN_POLL_MILLIS)
  }

  /** The only place where the mode changes. */
  #to(mode: Mode, wakeAt: number, timerMillis: number): void {
    this.#mode = mode
    this.wakeAt = wakeAt
    this.#timer.set(timerMillis)
  }

  /** Stages for as long as the budget of a turn allows, sends what is due while slots are free, and reports. */
  readonly #turn = (): void => {
    if (this.#mode === 'stopped' || this.#inTurn) return
    const { clock, losses, metrics } = this.#parts
    const now = clock.now()
    this.#inTurn = true
    try {
      const progress = this.#assembler.stage(now)
      this.#hasRoom = false
      this.#dispatcher.send(now, this.#flushTo, progress)
      this.#inFlight.expire(now)
      this.#settleBarriers()
      losses.guard(() => metrics?.report())
      this.#arrangeNextTurn(now, progress, losses.report(now))
    } finally {
      this.#isFlushAsked = false
      this.#inTurn = false
    }
  }

  #arrangeNextTurn(now: number, progress: Progress, reportAt: number): void {
    const { ledger, maxExportBatchSize, ring } = this.#parts
    this.#arrivals.look(now, ring.head)
    // Without room a flush does not count: an exporter that asks for one each time would have the loop spin.
    const isAsked = progress === 'no_room' ? this.#hasRoom : this.#isFlushAsked
    if (progress === 'more' || isAsked) this.#runSoon()
    const wasAwake = this.#mode === 'awake' || this.#mode === 'blocked'
    if (progress === 'no_room') {
      this.#noRoomAt = now
      this.#to('blocked', NEVER, BLOCKED_MILLIS)
    } else if (ring.size > 0) {
      // Also for spans that ended in this very turn, by the exporter or a logger: they woke nobody.
      this.#to('awake', NEVER, MIN_POLL_MILLIS)
    } else if (wasAwake && !this.#arrivals.isQuiet) {
      this.#to('awake', maxExportBatchSize, this.#arrivals.pollMillis)
    } else if (ledger.waiting === 0) {
      this.#to('idle', 1, reportAt - now)
    } else {
      this.#to(
        'waiting',
        maxExportBatchSize - (this.#assembler.open?.count ?? 0),
        Math.min(this.#dispatcher.dueAt, reportAt) - now,
      )
    }
  }
}
