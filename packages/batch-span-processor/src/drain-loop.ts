// SPDX-License-Identifier: Apache-2.0
import { Alarm } from './alarm.js'
import { ExportsInFlight } from './exports-in-flight.js'
import { BLOCKED_MILLIS, MAX_POLL_MILLIS, MIN_POLL_MILLIS, NEVER, QUIET_LOOKS, SPARE_SHIFT } from './limits.js'
import type { PipelineParts } from './pipeline-parts.js'
import { Stager } from './stager.js'

type Mode = 'idle' | 'waiting' | 'awake' | 'stopped'

/**
 * The one place that moves spans and calls the exporter. Timer, size, flush and shutdown only say what should happen
 * next and wake it, so two overlapping calls of `export` cannot be written but for a page that is hidden.
 *
 * ```
 *   ring ──stage──► open batch ──close──► waiting ──send──► in flight ──settle──► counted
 *            ≤ budget per turn               ≤ maxConcurrentBatches at once
 * ```
 *
 * | mode | meaning | `onEnd` wakes it |
 * |---|---|---|
 * | idle | nothing queued, alarm off | on the first span |
 * | waiting | spans queued, alarm at the delay | when a batch is full |
 * | awake | looks every 2 to 16 ms | when a whole batch came between two looks |
 * | awake, blocked | until something settles, or for 100 ms | never |
 * | stopped | after the sweep of shutdown | never |
 *
 * Not `setImmediate` from `onEnd`: it made the slowest calls five times slower. An awake loop costs `onEnd` nothing.
 */
export class DrainLoop {
  /** The ring size at which `onEnd` calls {@link wake}. */
  wakeAt = 1
  /** The ring size from which `onEnd` calls {@link help}. */
  readonly helpAt: number
  /** How many batches may be in flight at once. */
  maxInFlight: number
  readonly #parts: PipelineParts
  /** Called at the end of a turn, when every count is right; says when it wants to be called next at the latest. */
  readonly #onTurnEnd: (now: number) => number
  readonly #stager: Stager
  readonly #inFlight: ExportsInFlight
  readonly #alarm: Alarm
  #mode: Mode = 'idle'
  #inTurn = false
  #soonPending = false
  /** When whatever is queued goes out although its batch is not full, on the clock's scale. */
  #dueAt = Infinity
  /** Everything admitted before this sequence number goes out now. */
  #flushTo = 0
  #pollMillis = MIN_POLL_MILLIS
  #seenHead = 0
  #seenAt = 0
  #quietLooks = 0

  constructor(parts: PipelineParts, onTurnEnd: (now: number) => number) {
    this.#parts = parts
    this.#onTurnEnd = onTurnEnd
    this.#stager = new Stager(parts, () => {
      // From inside `openBatch`, which then says that there is no room: the loop would ask for ever.
      if (!this.#inTurn) this.unblock()
    })
    this.#inFlight = new ExportsInFlight(parts, this.unblock)
    this.#alarm = new Alarm(parts.clock, this.turn)
    const { capacity } = parts.ring
    this.helpAt = capacity - (capacity >> SPARE_SHIFT)
    // Read once and never believed below 1: nothing would ever be sent.
    this.maxInFlight = Math.max(1, Math.floor(parts.target.maxConcurrentBatches) || 1)
  }

  /** From `onEnd`, when the ring has reached `wakeAt`. */
  wake(): void {
    this.#parts.scope.neutral(this.#wake)
  }

  /** From `onEnd`, when the ring is nearly full: a bounded piece of the loop's work. Never sends. */
  help(): void {
    if (this.#inTurn || this.#stager.isBlocked) return
    // Taking spans out here keeps the ring from ever reaching `wakeAt`.
    if (this.wakeAt !== NEVER) this.wake()
    this.#parts.scope.neutral(this.#help)
  }

  readonly #help = (): void => {
    this.#inTurn = true
    // One for the one that the caller adds; a second where that moved none, or another span came in meanwhile.
    if (this.#stager.stageOne() && this.#parts.ring.size >= this.helpAt) this.#stager.stageOne()
    this.#inTurn = false
  }

  /** Sends everything admitted so far without waiting for full batches, beginning with the next turn. */
  flush(): void {
    this.#flushTo = this.#parts.ring.head
    this.#runSoon()
  }

  /** Stages for as long as the budget of a turn allows, and sends what is due while fewer than `maxInFlight` are. */
  readonly turn = (): void => this.#parts.scope.neutral(this.#turn)

  /** Something changed that may let a flush end or a blocked loop go on. */
  readonly unblock = (): void => {
    this.#settleTickets()
    this.#stager.isBlocked = false
    this.#runSoon()
  }

  /**
   * Ends the loop: what has not left is counted as lost, exports under way are told, and no timer remains. Nothing is
   * admitted after `shutdown` was called, so nothing can slip in behind the sweep.
   */
  stop(): void {
    const { ring, ledger, tickets } = this.#parts
    this.#to('stopped', NEVER, Infinity)
    const left = ring.size + ledger.staged
    ledger.dropped.shutdown += left
    ledger.staged = 0
    this.#stager.clear()
    if (left) tickets.fail(0, new Error(`${left} spans left at shutdown`))
    this.#inFlight.sweep()
    this.#settleTickets()
  }

  #settleTickets(): void {
    this.#parts.tickets.settle(Math.min(this.#stager.oldest, this.#inFlight.oldest))
  }

  /** The next turn comes at once, in a macrotask of its own. */
  #runSoon(): void {
    if (this.#soonPending || this.#mode === 'stopped') return
    this.#soonPending = true
    this.#parts.clock.soon(() => {
      this.#soonPending = false
      this.turn()
    })
  }

  readonly #wake = (): void => {
    const { clock, settings } = this.#parts
    if (this.#mode === 'idle') {
      this.#dueAt = clock.now() + settings.scheduledDelayMillis
      this.#to('waiting', settings.maxExportBatchSize, settings.scheduledDelayMillis)
      if (this.wakeAt > 1) return
    }
    this.#pollMillis = MIN_POLL_MILLIS
    this.#quietLooks = 0
    this.#to('awake', NEVER, MIN_POLL_MILLIS)
  }

  #to(mode: Mode, wakeAt: number, alarmMillis: number): void {
    this.#mode = mode
    this.wakeAt = wakeAt
    this.#alarm.set(alarmMillis)
  }

  readonly #turn = (): void => {
    if (this.#mode === 'stopped' || this.#inTurn) return
    const { clock, ring, settings } = this.#parts
    const now = clock.now()
    this.#inTurn = true
    // A turn that finds the loop blocked tries again: the exporter may have room and not have said so.
    this.#stager.isBlocked = false
    if (this.#dueAt === Infinity && ring.size > 0) this.#dueAt = now + settings.scheduledDelayMillis
    const isDone = this.#stager.stage(now)
    if (isDone && (now >= this.#dueAt || this.#stager.oldest < this.#flushTo)) this.#stager.closeBatch()
    while (this.#inFlight.count < this.maxInFlight) {
      const staged = this.#stager.waiting.shift()
      if (staged === undefined) break
      this.#inFlight.send(staged, now)
      this.#dueAt = now + settings.scheduledDelayMillis
    }
    this.#inTurn = false
    this.#settleTickets()
    this.#arrangeNextTurn(now, isDone, this.#onTurnEnd(now))
  }

  #arrangeNextTurn(now: number, isDone: boolean, reportAt: number): void {
    const { ring, ledger, settings } = this.#parts
    const isEmpty = ring.size + ledger.staged === 0
    if (isEmpty) this.#dueAt = Infinity
    this.#watchTraffic(now)
    if (!isDone) this.#runSoon()
    if (this.#stager.isBlocked || this.#stager.waiting.length > 0) {
      this.#to('awake', NEVER, BLOCKED_MILLIS)
    } else if (ring.size > 0) {
      // Also for spans that ended in this very turn, by the exporter or a logger; nobody was woken for them.
      this.#to('awake', NEVER, MIN_POLL_MILLIS)
    } else if (this.#mode === 'awake' && this.#quietLooks < QUIET_LOOKS) {
      this.#to('awake', settings.maxExportBatchSize, this.#pollMillis)
    } else if (isEmpty) {
      this.#to('idle', 1, reportAt - now)
    } else {
      this.#to('waiting', this.#stager.room, Math.min(this.#dueAt, reportAt) - now)
    }
  }

  /** Looks more often the more spans arrive. A turn shortly after another one says nothing about a rate. */
  #watchTraffic(now: number): void {
    const elapsed = now - this.#seenAt
    if (elapsed < MIN_POLL_MILLIS) return
    const { head } = this.#parts.ring
    const arrived = head - this.#seenHead
    this.#seenHead = head
    this.#seenAt = now
    this.#quietLooks = arrived > 0 ? 0 : this.#quietLooks + 1
    const wanted = this.#parts.settings.maxExportBatchSize >> 2
    let millis = MAX_POLL_MILLIS
    while (millis > MIN_POLL_MILLIS && arrived * millis > wanted * elapsed) millis /= 2
    this.#pollMillis = millis
  }
}
