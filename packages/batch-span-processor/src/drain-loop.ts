// SPDX-License-Identifier: Apache-2.0
import { Alarm } from './alarm.js'
import { bounded } from './bounded.js'
import type { Settled } from './bounded.js'
import type { Clock } from './clock.js'
import type { ExportScope } from './export-scope.js'
import type { FlushTickets } from './flush-tickets.js'
import { sum } from './ledger.js'
import type { Ledger } from './ledger.js'
import type { Settings } from './options.js'
import type { ReadableSpan, SpanResource } from './readable-span.js'
import type { ResourceGate } from './resource-gate.js'
import type { BatchOutcome, BatchTarget, SpanBatch } from './span-exporter.js'
import type { SpanRing } from './span-ring.js'
import { StagedBatch } from './staged-batch.js'

/** How often an awake loop looks at the ring, in milliseconds. */
const POLL_MILLIS = 2
/** After this many turns without news the loop goes to sleep: 16 ms, a frame. */
const QUIET_TURNS = 8
/** How soon a loop that cannot go on looks again by itself, in milliseconds; normally it is woken long before. */
const BLOCKED_MILLIS = 100
/** How long an exporter that settles by itself may be late, in milliseconds, before the loop settles for it. */
const GRACE_MILLIS = 50
/** Longest turn, in milliseconds, however full the ring. */
const MAX_TURN_MILLIS = 4
/** How many spans are staged between two looks at the clock, which cost about as much as a span. */
const SPANS_PER_LOOK = 8
/** How many spans an `onEnd` stages that finds the ring nearly full: more than the one it adds, so that the ring empties. */
const HELP_SPANS = 2

/** A ring size that is never reached: `onEnd` wakes nobody. */
const NEVER = -1

export interface DrainLoopParts {
  readonly ring: SpanRing<ReadableSpan>
  readonly target: BatchTarget
  readonly ledger: Ledger
  readonly tickets: FlushTickets
  readonly gate: ResourceGate
  readonly scope: ExportScope
  readonly clock: Clock
  readonly settings: Settings
  /** Called at the end of a turn, when every count is right; says when it wants to be called next at the latest. */
  readonly onTurnEnd: (now: number) => number
  readonly onBatchError: (error: unknown) => void
}

/**
 * The one place that moves spans and calls the exporter. Timer, size, flush and shutdown only say what should happen
 * next and wake it, so two overlapping calls of `export` cannot be written.
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
 * | awake | looks every 2 ms, or blocked until something settles | never |
 *
 * Not `setImmediate` from `onEnd`: it made the slowest calls five times slower. An awake loop costs `onEnd` nothing.
 */
export class DrainLoop {
  /** The ring size at which `onEnd` calls {@link wake}. */
  wakeAt = 1
  /** The ring size from which `onEnd` calls {@link help}. */
  readonly helpAt: number
  readonly #parts: DrainLoopParts
  readonly #alarm: Alarm
  readonly #closing = new AbortController()
  readonly #maxInFlight: number
  readonly #inFlight = new Set<StagedBatch>()
  readonly #waiting: StagedBatch[] = []
  #open: StagedBatch | undefined
  #mode: 'idle' | 'waiting' | 'awake' | 'stopped' = 'idle'
  /** The exporter has no room, or a resource is not known yet: nothing can be staged until that changes. */
  #blocked = false
  #inTurn = false
  #soonPending = false
  /** When whatever is queued goes out although its batch is not full, on the clock's scale. */
  #dueAt = Infinity
  /** Everything admitted before this sequence number goes out now. */
  #flushTo = 0
  #seenHead = 0
  #quietTurns = 0

  constructor(parts: DrainLoopParts) {
    this.#parts = parts
    this.#alarm = new Alarm(parts.clock, () => parts.scope.neutral(this.#turn))
    const { capacity } = parts.ring
    // Read once and never believed below 1: nothing would ever be sent.
    this.#maxInFlight = Math.max(1, Math.floor(parts.target.maxConcurrentBatches) || 1)
    this.helpAt = Math.max(1, capacity - (capacity >> 3))
  }

  /** The sequence number below which every span has left. */
  get oldestOutstanding(): number {
    const open = this.#open !== undefined && this.#open.count > 0 ? this.#open : undefined
    let oldest = (this.#waiting[0] ?? open)?.firstSequence ?? this.#parts.ring.tail
    for (const staged of this.#inFlight) oldest = Math.min(oldest, staged.firstSequence)
    return oldest
  }

  /** From `onEnd`, when the ring has reached `wakeAt`. */
  wake(): void {
    this.#parts.scope.neutral(this.#wake)
  }

  /** From `onEnd`, when the ring is nearly full: a bounded piece of the loop's work. Never sends. */
  help(): void {
    if (this.#inTurn || this.#blocked) return
    if (this.#mode === 'waiting') this.wake()
    this.#inTurn = true
    for (let i = 0; i < HELP_SPANS && this.#stageOne(); i++);
    this.#inTurn = false
  }

  /** Sends everything admitted before `sequence` without waiting for full batches. */
  flushTo(sequence: number): void {
    this.#flushTo = Math.max(this.#flushTo, sequence)
    this.runSoon()
  }

  /** Tells exports under way to end their back-offs: this is their last try. */
  announceClosing(): void {
    this.#closing.abort()
  }

  /** The next turn comes at once, in a macrotask of its own. */
  readonly runSoon = (): void => {
    if (this.#soonPending || this.#mode === 'stopped') return
    this.#soonPending = true
    this.#parts.clock.soon(this.#onSoon)
  }

  /** Something changed that may let a blocked loop go on. */
  readonly unblock = (): void => {
    if (this.#mode === 'stopped') return
    this.#blocked = false
    this.runSoon()
  }

  /**
   * Ends the loop: what has not left is counted as lost, exports under way are told, and no timer remains. Nothing is
   * admitted after `shutdown` was called, so nothing can slip in behind the sweep.
   */
  stop(): void {
    const { ring, ledger, tickets } = this.#parts
    this.#mode = 'stopped'
    this.wakeAt = NEVER
    this.#alarm.stop()
    const left = ring.size + ledger.staged
    ledger.dropped.shutdown += left
    ledger.staged = 0
    if (left > 0) tickets.fail(0, new Error(`${left} spans were still queued at shutdown`))
    while (ring.take() !== undefined);
    this.#waiting.length = 0
    this.#open = undefined
    for (const staged of this.#inFlight) this.#settle(staged, { status: 'aborted', error: undefined })
    tickets.settle(this.oldestOutstanding)
  }

  readonly #onSoon = (): void => {
    this.#soonPending = false
    this.#parts.scope.neutral(this.#turn)
  }

  readonly #wake = (): void => {
    const { clock, settings } = this.#parts
    if (this.#mode === 'idle') {
      this.#dueAt = clock.now() + settings.scheduledDelayMillis
      this.#mode = 'waiting'
      this.wakeAt = settings.maxExportBatchSize
      if (this.wakeAt > 1) {
        this.#alarm.set(settings.scheduledDelayMillis)
        return
      }
    }
    this.#beAwake(POLL_MILLIS)
  }

  #beAwake(alarmMillis: number): void {
    this.#mode = 'awake'
    this.wakeAt = NEVER
    this.#alarm.set(alarmMillis)
  }

  readonly #turn = (): void => {
    if (this.#mode === 'stopped' || this.#inTurn) return
    const { clock, ring, onTurnEnd } = this.#parts
    const now = clock.now()
    this.#inTurn = true
    // A turn that finds the loop blocked tries again: the exporter may have room and not have said so.
    this.#blocked = false
    if (this.#dueAt === Infinity && ring.size > 0) this.#dueAt = now + this.#parts.settings.scheduledDelayMillis
    const isDone = this.#stage(now)
    this.#sendDue(now, isDone)
    this.#inTurn = false
    this.#parts.tickets.settle(this.oldestOutstanding)
    const reportAt = onTurnEnd(now)
    this.#arrangeNextTurn(now, isDone, reportAt)
  }

  /** Moves spans from the ring into batches until the budget is used up; whether nothing more can be moved now. */
  #stage(now: number): boolean {
    const { clock, ring, settings } = this.#parts
    const fill = ring.size / ring.capacity
    const endAt = now + Math.min(settings.turnBudgetMillis * (1 + 7 * fill), MAX_TURN_MILLIS)
    for (let i = 1; this.#stageOne(); i++) {
      if (i % SPANS_PER_LOOK === 0 && clock.now() >= endAt) return ring.size === 0
    }
    return true
  }

  /** Moves one span; false when there is none, or no room for it. */
  #stageOne(): boolean {
    const { ring, ledger, gate } = this.#parts
    const span = ring.peek()
    if (span === undefined) return false
    if (!gate.isOpenFor(resourceOf(span))) {
      this.#blocked = true
      return false
    }
    const staged = this.#open ?? this.#openBatch()
    if (staged === undefined) {
      this.#blocked = true
      return false
    }
    const verdict = addGuarded(staged.batch, span)
    // An empty batch that is full will never take this span.
    if (verdict === 'full' && staged.count > 0) {
      this.#closeOpenBatch()
      return true
    }
    ring.take()
    if (verdict === 'added') {
      ledger.staged++
      if (staged.count++ === 0) staged.firstSequence = ring.tail - 1
      if (staged.count >= this.#parts.settings.maxExportBatchSize) this.#closeOpenBatch()
    } else {
      ledger.fail('rejected', 1)
      this.#parts.tickets.fail(ring.tail - 1, new Error('the exporter rejected a span'))
    }
    return true
  }

  #openBatch(): StagedBatch | undefined {
    const { target, onBatchError } = this.#parts
    try {
      const batch = target.openBatch(this.unblock)
      if (batch !== undefined) this.#open = new StagedBatch(batch)
    } catch (error) {
      onBatchError(error)
    }
    return this.#open
  }

  #closeOpenBatch(): void {
    this.#waiting.push(this.#open as StagedBatch)
    this.#open = undefined
  }

  #sendDue(now: number, isDone: boolean): void {
    const { settings } = this.#parts
    const open = this.#open
    if (open !== undefined && open.count > 0 && isDone) {
      const isFlushed = open.firstSequence < this.#flushTo
      if (now >= this.#dueAt || isFlushed) this.#closeOpenBatch()
    }
    while (this.#waiting.length > 0 && this.#inFlight.size < this.#maxInFlight) {
      this.#send(this.#waiting.shift() as StagedBatch, now)
      this.#dueAt = now + settings.scheduledDelayMillis
    }
  }

  #send(staged: StagedBatch, now: number): void {
    const { clock, ledger, scope, settings } = this.#parts
    // Every count is right before foreign code runs.
    this.#inFlight.add(staged)
    ledger.staged -= staged.count
    ledger.inFlight += staged.count
    ledger.handedOver += staged.count
    const at = now + settings.exportTimeoutMillis
    const deadline = { at, signal: staged.abort.signal, closing: this.#closing.signal }
    void bounded(clock, { at: at + GRACE_MILLIS }, () => scope.enter(staged, () => staged.batch.send(deadline))).then(
      (settled) => {
        this.#settle(staged, settled)
      },
    )
  }

  /** The one way out for a batch that was sent; whatever comes later finds it gone. */
  #settle(staged: StagedBatch, settled: Settled<BatchOutcome>): void {
    const { ledger, scope, tickets, onBatchError } = this.#parts
    if (!this.#inFlight.delete(staged)) return
    scope.leave(staged)
    ledger.inFlight -= staged.count
    const error = count(ledger, staged.count, settled)
    if (settled.status !== 'done') staged.abort.abort()
    if (error !== undefined) {
      tickets.fail(staged.firstSequence, error)
      onBatchError(error)
    }
    tickets.settle(this.oldestOutstanding)
    this.unblock()
  }

  #arrangeNextTurn(now: number, isDone: boolean, reportAt: number): void {
    const { ring, ledger, settings } = this.#parts
    const isEmpty = ring.size + ledger.staged === 0
    if (isEmpty) this.#dueAt = Infinity
    const arrived = ring.head - this.#seenHead
    this.#seenHead = ring.head
    this.#quietTurns = arrived > 0 ? Math.max(0, this.#quietTurns - 1) : this.#quietTurns + 1
    if (!isDone) {
      this.#quietTurns = 0
      this.#mode = 'awake'
      this.wakeAt = NEVER
      this.runSoon()
      return
    }
    if (this.#blocked || this.#waiting.length > 0) {
      this.#beAwake(BLOCKED_MILLIS)
      return
    }
    // A ring that is not empty got its spans in this turn, from the exporter or a logger; nobody was woken for them.
    if (ring.size > 0 || (this.#mode === 'awake' && this.#quietTurns < QUIET_TURNS)) {
      this.#beAwake(POLL_MILLIS)
      return
    }
    this.#mode = isEmpty ? 'idle' : 'waiting'
    this.wakeAt = isEmpty ? 1 : settings.maxExportBatchSize - (this.#open?.count ?? 0)
    const alarmAt = Math.min(this.#dueAt, reportAt)
    if (alarmAt === Infinity) this.#alarm.stop()
    else this.#alarm.set(alarmAt - now)
  }
}

/** A span of an unknown SDK may have a getter that throws. */
function resourceOf(span: ReadableSpan): SpanResource | undefined {
  try {
    return span.resource
  } catch {
    return undefined
  }
}

function addGuarded(batch: SpanBatch, span: ReadableSpan): 'added' | 'full' | 'rejected' {
  try {
    return batch.add(span)
  } catch {
    return 'rejected'
  }
}

/** Books the outcome of a batch and returns the error to report, if any. An outcome that does not add up is not believed. */
function count(ledger: Ledger, total: number, settled: Settled<BatchOutcome>): unknown {
  if (settled.status === 'timeout') {
    ledger.fail('timeout', total)
    return new Error(`the export of ${total} spans has not ended in time`)
  }
  if (settled.status === 'aborted') {
    ledger.fail('shutdown', total)
    return new Error(`the export of ${total} spans had not ended at shutdown`)
  }
  if (settled.status === 'failed') {
    ledger.fail('export_failed', total)
    return settled.error ?? new Error('the export failed')
  }
  const { exported, failed, error } = settled.value
  const failedTotal = sum(failed)
  if (exported + failedTotal !== total) {
    ledger.fail('unknown', total)
    return new Error(`the exporter reported ${exported} exported and ${failedTotal} failed of ${total} spans`)
  }
  ledger.exported += exported
  for (const reason in failed) ledger.fail(reason, failed[reason] as number)
  if (failedTotal === 0) return undefined
  return error ?? new Error(`${failedTotal} of ${total} spans failed: ${Object.keys(failed).join(', ')}`)
}
