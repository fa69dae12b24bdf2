// SPDX-License-Identifier: Apache-2.0
import { LoopTimer } from './loop-timer.js'
import { BatchDispatcher } from '../batching/batch-dispatcher.js'
import { ExportsInFlight } from '../export/exports-in-flight.js'
import type { FlushBarrier } from '../waits/flush-barriers.js'
import { BLOCKED_MILLIS, MIN_POLL_MILLIS, NEVER, SPARE_SHIFT } from '../limits.js'
import type { PipelineParts } from '../pipeline-parts.js'
import { BatchAssembler } from '../batching/batch-assembler.js'
import type { Progress } from '../batching/batch-assembler.js'
import { ArrivalRate } from './arrival-rate.js'

/** Set by Node.js when it calls the listeners of `exit`. */
interface ExitingProcess {
  readonly process?: { readonly _exiting?: boolean }
}

type Mode = 'idle' | 'waiting' | 'awake' | 'blocked' | 'stopped'

/**
 * The one place that moves spans and calls the exporter. Timer, size, flush and shutdown only say what should happen
 * next and take or wake a turn, so two overlapping calls of `export` cannot be written but for a page that is hidden.
 *
 * ```
 *   ring ──stage──► open batch ──close──► waiting ──send──► in flight ──settle──► counted
 *            ≤ budget per turn               ≤ maxConcurrentBatches at once
 * ```
 *
 * | mode | meaning | alarm | `onEnd` wakes it |
 * |---|---|---|---|
 * | idle | nothing waits | off, but for a report that is due | on the first span |
 * | waiting | spans wait for their batch to fill, or for a slot | at the delay, unless no slot is free | when the open batch is full |
 * | awake | spans keep coming | every 2 to 16 ms | when a whole batch came between two looks |
 * | blocked | the exporter has no room | after 100 ms, if nothing settles before | never |
 * | stopped | after the sweep of shutdown | off | never |
 *
 * That every slot is busy does not block: spans are staged all the same, or the whole work of it would be left to the
 * `onEnd` calls that find the ring nearly full.
 *
 * Not `setImmediate` from `onEnd`: it made the slowest calls five times slower. An awake loop costs `onEnd` nothing.
 */
export class DrainLoop {
  /** The ring size at which `onEnd` calls {@link wake}. */
  wakeAt = 1
  /** The ring size from which `onEnd` calls {@link help}. */
  readonly helpAt: number
  readonly #parts: PipelineParts
  /** Called at the end of a turn, when every count is right; says when it wants to be called next at the latest. */
  readonly #onTurnEnd: (now: number) => number
  readonly #assembler: BatchAssembler
  readonly #inFlight: ExportsInFlight
  readonly #dispatcher: BatchDispatcher
  readonly #timer: LoopTimer
  readonly #arrivals: ArrivalRate
  #mode: Mode = 'idle'
  #inTurn = false
  /** Whether the exporter, called by the turn under way, has asked for a flush. */
  #isFlushAsked = false
  /** Whether a turn was taken inside the call of a flush, in this very macrotask. */
  #hasTurnedNow = false
  /** Whether the exporter, called by the turn under way to send, has said that it has room. */
  #isRoomSaid = false
  /** When a turn last found the exporter without room. */
  #blockedAt = -Infinity
  /** Stands for the turn that comes at once; whoever forgets it may ask for another. */
  #soon: object | undefined
  /** Everything admitted before this sequence number goes out now. */
  #flushTo = 0

  constructor(parts: PipelineParts, onTurnEnd: (now: number) => number) {
    this.#parts = parts
    this.#onTurnEnd = onTurnEnd
    this.#assembler = new BatchAssembler(parts, () => this.#onRoom())
    this.#inFlight = new ExportsInFlight(parts, () => {
      this.unblock()
      parts.barriers.progress()
    })
    this.#dispatcher = new BatchDispatcher(parts, this.#assembler, this.#inFlight)
    this.#timer = new LoopTimer(parts.clock, () => this.#takeTurn())
    this.#arrivals = new ArrivalRate(parts.settings.maxExportBatchSize)
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
    // One for the one that the caller adds; a second where that moved none, or another span came in meanwhile.
    let staged = this.#assembler.stageOne()
    if (staged === 'moved' && this.#parts.ring.size >= this.helpAt) staged = this.#assembler.stageOne()
    // The next turn finds out what that means: a batch that this one has closed may be all that is in the way.
    if (staged === 'blocked') this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    else if (this.#isFlushAsked) this.#runSoon()
    this.#isFlushAsked = false
    this.#inTurn = false
  }

  /**
   * Sends everything admitted so far without waiting for full batches. The first turn is taken in this very call, since
   * there may be no later one while a page is unloaded, and there is none in the `exit` event of a process, where everything
   * goes at once; below a call into the exporter, after it.
   */
  turnNow(): void {
    this.#flushTo = this.#parts.ring.head
    // Not relied on, see `drained`.
    this.#soon = undefined
    if (this.#inTurn) this.#isFlushAsked = true
    else if ((globalThis as ExitingProcess).process?.['_exiting']) this.drainNow()
    else if (this.#hasTurnedNow || this.#parts.scope.isInside()) this.#runSoon()
    else {
      // Once only: a caller that flushes again and again would otherwise keep the event loop to itself.
      this.#hasTurnedNow = true
      this.#parts.clock.soon(() => (this.#hasTurnedNow = false))
      this.#takeTurn()
    }
  }

  /**
   * For a page or a process that may never run again: what is queued goes to the exporter before this returns, however much it is and
   * whatever is under way. What stays are spans whose resource is not known, and those for which an incremental exporter
   * has no room or no place beside `maxConcurrentBatches`.
   */
  drainNow(): void {
    const { ring, adapter } = this.#parts
    // Somebody may do so while it is done.
    const { isLastChance } = adapter
    adapter.isLastChance = true
    // Ends with a turn that moved nothing: none is left, or what is has no way.
    for (let size = Infinity; ring.size < size;) {
      size = ring.size
      this.#flushTo = ring.head
      this.#takeTurn()
    }
    adapter.isLastChance = isLastChance
  }

  /** Something changed that may let a flush end or a blocked loop go on. */
  readonly unblock = (): void => {
    this.#settleBarriers()
    this.#runSoon()
  }

  /**
   * Ends the loop: what has not left is counted as lost, exports under way are told, and no timer remains. Nothing is
   * admitted after `shutdown` was called, so nothing can slip in behind the sweep.
   */
  stop(): void {
    const { ring, ledger, barriers } = this.#parts
    this.#to('stopped', NEVER, Infinity)
    const left = ring.size + ledger.staged + ledger.encoded
    ledger.dropped.shutdown += left
    ledger.staged = 0
    ledger.encoded = 0
    this.#assembler.clear()
    if (left) barriers.fail(0, new Error(`${left} spans left at shutdown`))
    this.#inFlight.sweep()
    this.#settleBarriers()
  }

  /**
   * The exporter has room; it may also say so too early or in vain. From inside `openBatch` or `add` it is not listened to,
   * since the loop would ask for ever, and soon after a turn that found no room the next one waits a little.
   */
  #onRoom(): void {
    if (this.#inTurn) this.#isRoomSaid = true
    else if (this.#mode === 'blocked' && this.#parts.clock.now() - this.#blockedAt < MIN_POLL_MILLIS) {
      this.#to('blocked', NEVER, MIN_POLL_MILLIS)
    } else this.unblock()
  }

  #settleBarriers(): void {
    this.#parts.barriers.settle(Math.min(this.#assembler.oldest, this.#inFlight.oldest))
  }

  /**
   * Waits for a barrier, and brings each next turn about itself: a Cloudflare worker drops timers and exports with the
   * request in which they began, and only the request of whoever waits is sure to go on.
   */
  async drained(barrier: FlushBarrier): Promise<void> {
    while (!barrier.isDone) {
      // A promise of this very request: that of another could never be fulfilled once the other is over.
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
    const { clock, settings } = this.#parts
    if (this.#mode === 'idle') {
      this.#assembler.begin(clock.now())
      this.#to('waiting', settings.maxExportBatchSize, settings.scheduledDelayMillis)
      if (this.wakeAt > 1) return
    }
    this.#arrivals.begin()
    this.#to('awake', NEVER, MIN_POLL_MILLIS)
  }

  #to(mode: Mode, wakeAt: number, alarmMillis: number): void {
    this.#mode = mode
    this.wakeAt = wakeAt
    this.#timer.set(alarmMillis)
  }

  /** Stages for as long as the budget of a turn allows, and sends what is due while slots are free. */
  readonly #turn = (): void => {
    if (this.#mode === 'stopped' || this.#inTurn) return
    const now = this.#parts.clock.now()
    this.#inTurn = true
    try {
      const progress = this.#assembler.stage(now)
      this.#isRoomSaid = false
      this.#dispatcher.send(now, this.#flushTo, progress)
      if (this.#inFlight.expire(now)) this.#runSoon()
      this.#settleBarriers()
      this.#arrangeNextTurn(now, progress, this.#onTurnEnd(now))
    } finally {
      this.#isFlushAsked = false
      this.#inTurn = false
    }
  }

  #arrangeNextTurn(now: number, progress: Progress, reportAt: number): void {
    const { ring, ledger, settings } = this.#parts
    const isEmpty = ring.size + ledger.staged + ledger.encoded === 0
    this.#arrivals.look(now, ring.head)
    // Not while there is no room: an exporter that asks for a flush each time it says so would have the loop spin.
    const isAsked = progress === 'blocked' ? this.#isRoomSaid : this.#isFlushAsked
    if (progress === 'more' || isAsked) this.#runSoon()
    const wasAwake = this.#mode === 'awake' || this.#mode === 'blocked'
    if (progress === 'blocked') {
      this.#blockedAt = now
      this.#to('blocked', NEVER, BLOCKED_MILLIS)
    } else if (ring.size > 0) {
      // Also for spans that ended in this very turn, by the exporter or a logger; nobody was woken for them.
      this.#to('awake', NEVER, MIN_POLL_MILLIS)
    } else if (wasAwake && !this.#arrivals.isQuiet) {
      this.#to('awake', settings.maxExportBatchSize, this.#arrivals.pollMillis)
    } else if (isEmpty) {
      this.#to('idle', 1, reportAt - now)
    } else {
      this.#to('waiting', this.#assembler.room, Math.min(this.#dispatcher.dueAt, reportAt) - now)
    }
  }
}
