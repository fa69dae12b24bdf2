// SPDX-License-Identifier: Apache-2.0
import { BatchAssembler } from '../batching/batch-assembler.js'
import type { Progress } from '../batching/batch-assembler.js'
import { BatchDispatcher } from '../batching/batch-dispatcher.js'
import { ExportsInFlight } from '../export/exports-in-flight.js'
import { OutstandingBatches } from '../export/outstanding-batches.js'
import { BLOCKED_MILLIS, MIN_POLL_MILLIS, NEVER, SPARE_SHIFT } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import type { FlushBarrier } from './flush-barriers.js'
import { ArrivalRate } from './arrival-rate.js'
import { LoopTimer } from './loop-timer.js'

/** Node.js sets `_exiting` before it calls the listeners of `exit`. */
interface ExitingProcess {
  readonly process?: { readonly _exiting?: boolean }
}

type Mode = 'idle' | 'waiting' | 'awake' | 'blocked' | 'stopped'

/**
 * The one place that moves spans and calls the exporter. Timer, ring size, flush and shutdown only decide what happens next,
 * and take or request a turn. So calls of `export` cannot overlap, except when a page is hidden.
 *
 * ```
 *   ring ──stage──► open batch ──close──► waiting ──send──► in flight ──settle──► counted
 *            ≤ budget per turn               ≤ maxConcurrentBatches at once
 * ```
 *
 * | mode | meaning | timer | `onEnd` wakes it |
 * |---|---|---|---|
 * | idle | no span waits | off, unless a report is due | on the first span |
 * | waiting | spans wait for their batch to fill, or for a slot | at the delay, unless no slot is free | when the open batch is full |
 * | awake | spans keep coming | every 2 to 16 ms | when a whole batch arrives between two looks |
 * | blocked | the exporter has no room | after 100 ms, if nothing settles before | never |
 * | stopped | after the sweep of shutdown | off | never |
 *
 * Busy slots do not block the loop: spans are still staged. Otherwise all of that work would be left to the `onEnd` calls
 * that find the ring nearly full.
 *
 * `onEnd` does not wake the loop with `setImmediate`: that made the slowest calls five times slower. While the loop is
 * awake, `onEnd` does not have to wake it at all.
 */
export class DrainLoop {
  /** The ring size at which `onEnd` calls {@link wake}. */
  wakeAt = 1
  /** The ring size from which `onEnd` calls {@link help}. */
  readonly helpAt: number
  /** Whether the shutdown is over. From then on the exporter is not called. */
  isClosed = false
  readonly #parts: PipelineParts
  readonly #assembler: BatchAssembler
  readonly #outstanding: OutstandingBatches
  readonly #inFlight: ExportsInFlight
  readonly #dispatcher: BatchDispatcher
  readonly #timer: LoopTimer
  readonly #arrivals: ArrivalRate
  #mode: Mode = 'idle'
  #inTurn = false
  /** Whether the exporter has asked for a flush while the current turn was calling it. */
  #isFlushAsked = false
  /** Whether a flush has already taken a turn inside its call in this macrotask. */
  #hasTurnedNow = false
  /** Whether the exporter has called `onRoom` while the current turn was sending. */
  #hasRoom = false
  /** When a turn last found that the exporter has no room. */
  #noRoomAt = -Infinity
  /** Identifies the requested immediate turn. While it is undefined, another one can be requested. */
  #soon: object | undefined
  /** Everything admitted before this sequence number is sent without waiting for full batches. */
  #flushTo = 0

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#assembler = new BatchAssembler(parts, () => this.#onRoom())
    const onSettled = (): void => {
      this.unblock()
      parts.barriers.progress()
    }
    this.#outstanding = new OutstandingBatches(parts, onSettled)
    this.#inFlight = new ExportsInFlight(parts, this.#outstanding, onSettled)
    this.#dispatcher = new BatchDispatcher(parts, this.#assembler, this.#inFlight)
    this.#timer = new LoopTimer(parts.clock, () => this.#takeTurn())
    this.#arrivals = new ArrivalRate(parts.maxExportBatchSize)
    const { capacity } = parts.ring
    this.helpAt = capacity - (capacity >> SPARE_SHIFT)
  }

  /** Called by `onEnd` when the ring has reached `wakeAt`. */
  wake(): void {
    this.#parts.context.runNeutral(this.#wake)
  }

  /** Called by `onEnd` when the ring is nearly full. Does a bounded piece of the loop's work, and never sends. */
  help(): void {
    if (this.#inTurn || this.#mode === 'blocked') return
    // Since this takes spans out, the ring might never reach `wakeAt`.
    if (this.wakeAt !== NEVER) this.wake()
    this.#parts.context.runNeutral(this.#help)
  }

  readonly #help = (): void => {
    this.#inTurn = true
    this.#assembler.matchExporter()
    // One span makes up for the one that the caller adds. A second follows if none was moved, or if another span ended meanwhile.
    let hasRoom = this.#assembler.stageOne()
    if (hasRoom && this.#parts.ring.size >= this.helpAt) hasRoom = this.#assembler.stageOne()
    // Retried soon: perhaps the only obstacle is a batch that was closed here, and the next turn sends it.
    if (!hasRoom) this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    else if (this.#isFlushAsked) this.#runSoon()
    this.#isFlushAsked = false
    this.#inTurn = false
  }

  /**
   * Sends everything admitted so far, without waiting for full batches. The first turn is taken inside this call, because
   * there may be no later one while a page is unloaded. In the `exit` event of a process there is certainly no later one, so
   * everything is sent at once. Inside a call into the exporter, the turn comes after that call.
   */
  turnNow(): void {
    this.#flushTo = this.#parts.ring.head
    // An earlier request for a turn may have been lost, see `drained`.
    this.#soon = undefined
    if (this.#inTurn) this.#isFlushAsked = true
    else if ((globalThis as ExitingProcess).process?.['_exiting']) this.drainNow()
    else if (this.#hasTurnedNow || this.#parts.context.isInside()) this.#runSoon()
    else {
      // Once per macrotask: otherwise a caller that flushes again and again would starve the event loop.
      this.#hasTurnedNow = true
      this.#parts.clock.soon(() => (this.#hasTurnedNow = false))
      this.#takeTurn()
    }
  }

  /**
   * For a page or a process that may never run again. Hands everything that is queued to the exporter before it returns,
   * however much that is and even if exports are under way. The only spans that stay are those whose resource is not known,
   * and those for which an incremental exporter has no room or no free slot.
   *
   * The one exception to I2 (arrays may overlap), to R7 (turns without a macrotask between them) and to the budget of a turn.
   */
  drainNow(): void {
    const { adapter, ring } = this.#parts
    // It is already true if the exporter calls this method again from inside.
    const { mayOverlap } = adapter
    adapter.mayOverlap = true
    // Until a turn moves nothing. Then nothing is left, or the rest cannot leave.
    for (let size = Infinity; ring.size < size;) {
      size = ring.size
      this.#flushTo = ring.head
      this.#takeTurn()
    }
    adapter.mayOverlap = mayOverlap
  }

  /** Call this after any change that may complete a flush or unblock the loop. */
  unblock(): void {
    this.#settleBarriers()
    this.#runSoon()
  }

  /**
   * Stops the loop: spans that have not left are counted as lost, exports under way are aborted, and no timer remains. No
   * span is admitted after `shutdown` was called, so none can arrive after the sweep.
   */
  stop(): void {
    this.#to('stopped', NEVER, Infinity)
    const lost = this.#parts.ledger.sweep()
    this.#assembler.clear()
    this.#failBarriers(lost)
    this.#inFlight.sweep()
    this.#settleBarriers()
  }

  /** Ends the shutdown of a stopped loop. Spans that the exporter still stores, and has not kept, are counted as lost. */
  close(): void {
    this.isClosed = true
    this.#failBarriers(this.#parts.ledger.awaited)
    this.#outstanding.sweep()
    this.#settleBarriers()
  }

  #failBarriers(lost: number): void {
    if (lost > 0) this.#parts.barriers.fail(0, new Error(`shutdown timed out with ${lost} spans unsent`))
  }

  /**
   * The exporter says that it has room, which may be premature or wrong. A call from inside `openBatch` or `add` is ignored,
   * because the loop would retry for ever. Right after a turn that found no room, the next turn waits a little.
   */
  #onRoom(): void {
    if (this.#inTurn) this.#hasRoom = true
    else if (this.#mode === 'blocked' && this.#parts.clock.now() - this.#noRoomAt < MIN_POLL_MILLIS) {
      this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    } else this.unblock()
  }

  #settleBarriers(): void {
    this.#parts.barriers.settle(Math.min(this.#assembler.oldest, this.#outstanding.oldest))
  }

  /**
   * Waits for a barrier, and requests each turn itself. Cloudflare Workers drop timers and exports when the request in which
   * they began is over, and only the request of the waiter is sure to go on.
   */
  async drained(barrier: FlushBarrier): Promise<void> {
    while (!barrier.isDone) {
      // The promise is created in this request: one that belongs to another request never settles once that request is over.
      // oxlint-disable-next-line no-await-in-loop -- one step after the other
      await new Promise<void>((resolve) => (barrier.wake = resolve))
      if (barrier.isDone) return
      this.#soon = undefined
      this.#runSoon()
    }
  }

  /** Requests a turn as soon as possible, in a macrotask of its own. */
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
    this.#parts.context.runNeutral(this.#turn)
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

  /** One turn: stages for as long as its budget allows, sends what is due while slots are free, and reports. */
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
    // Without room, a flush that the exporter asks for is ignored: an exporter that asks each time would make the loop spin.
    const isAsked = progress === 'no_room' ? this.#hasRoom : this.#isFlushAsked
    if (progress === 'more' || isAsked) this.#runSoon()
    const wasAwake = this.#mode === 'awake' || this.#mode === 'blocked'
    if (progress === 'no_room') {
      this.#noRoomAt = now
      this.#to('blocked', NEVER, BLOCKED_MILLIS)
    } else if (ring.size > 0) {
      // This includes spans that the exporter or a logger ended during this turn: they did not wake the loop.
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
