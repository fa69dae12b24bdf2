// SPDX-License-Identifier: Apache-2.0
import type { Timer } from '@spanring/core'
import type { TransportClock } from '../clock.js'
import { Spool } from '../../spool/spool.js'
import type { SpoolEntry, SpoolHooks, SpoolParts, SpoolRecord, SpoolSettings } from '../../spool/spool.js'
import { StoredRequest } from './stored-request.js'
import type { DividedRecord, StoredBody } from './stored-request.js'

export interface RequestSpoolParts {
  readonly clock: TransportClock
  readonly settings: SpoolSettings
  /** What tests can replace, and who wrote before in this process. */
  readonly spool: Omit<SpoolParts, 'clock' | 'hooks' | 'wallTime'>
  readonly onWarning: (text: string) => void
  /** Told what has become of spans that an earlier process has left. */
  readonly onInherited: (outcome: InheritedOutcome) => void
  /** Called when there is a request that can be sent. */
  readonly onArrival: () => void
}

/** Spans of an earlier process: `found` says how many more there are, the others what has become of them. */
export interface InheritedOutcome {
  readonly found: number
  readonly exported: number
  readonly failed: Readonly<Record<string, number>>
}

const NEVER = new AbortController().signal
/** Requests of earlier processes are older than any of this one. */
const INHERITED_ORDER = -1
/** How long what cannot be read at present waits, in milliseconds. */
const LOOK_AGAIN_MILLIS = 1000
/** How long after the first batch the directory is searched for what other processes have left, and how often, in milliseconds. */
const INHERIT = { firstMillis: 1000, everyMillis: 10_000 }

/** The requests on disk: those of this process, by the number that is written with each, and those that it has inherited. */
export class RequestSpool {
  readonly #parts: RequestSpoolParts
  readonly #spool: Spool
  readonly #own = new Map<number, StoredRequest>()
  #nextTag = 1
  #timer: Timer | undefined
  #inheritTimer: Timer | undefined
  #isInheriting = false
  #isClosed = false

  constructor(parts: RequestSpoolParts) {
    this.#parts = parts
    const { clock, settings, spool, onWarning } = parts
    const hooks: SpoolHooks = {
      onLost: (reason, entry) => this.#onLost(reason, entry),
      onTakenOver: (entry) => this.#onTakenOver(entry),
      onWarning,
    }
    this.#spool = new Spool(settings, { ...spool, clock, hooks, wallTime: () => clock.wallTime() })
  }

  /** Looks for what other processes have left, from now on. */
  startInheriting(): void {
    if (this.#isInheriting) return
    this.#isInheriting = true
    this.#inheritAfter(INHERIT.firstMillis)
  }

  /** Names what this process writes. */
  get ownerId(): string {
    return this.#spool.ownerId
  }

  /** Writes a request. False if the disk has refused it. */
  async write(request: StoredRequest): Promise<boolean> {
    const record = this.#recordOf(request)
    if (record === undefined) return false
    // Before it is written: the spool may drop it again at once, if it is full.
    this.#own.set(record.tag, request)
    const entry = await this.#spool.append(record)
    return this.#written(record.tag, request, entry)
  }

  /** The same in the call, for the `exit` event of a process. */
  writeNow(request: StoredRequest): boolean {
    const record = this.#recordOf(request)
    if (record === undefined) return false
    this.#own.set(record.tag, request)
    return this.#written(record.tag, request, this.#spool.appendSync(record))
  }

  /** Takes the oldest request that nobody has taken. */
  take(): StoredRequest | undefined {
    for (let entry = this.#spool.takeOldest(); entry !== undefined; entry = this.#spool.takeOldest()) {
      const request = entry.isInherited ? this.#inherited(entry) : this.#own.get(entry.tag)
      if (request === undefined) continue
      request.entry = entry
      // It may have been taken from memory while it was written.
      if (request.isTaken) continue
      request.isTaken = true
      return request
    }
    if (this.#spool.spans > 0) this.#lookAgain()
    return undefined
  }

  /** The body of a request that was taken. Undefined if it cannot be read; it is then settled, or no longer taken. */
  async read(request: StoredRequest): Promise<StoredBody | undefined> {
    const { entry } = request
    const body = entry && (await this.#spool.read(entry))
    if (body !== undefined) return body
    // It is lost, as the hook has said, or the disk is busy, and it waits again.
    request.isTaken = false
    if (!request.isSettled) this.#lookAgain()
    return undefined
  }

  putBack(request: StoredRequest): void {
    request.isTaken = false
    request.shrinkTo(undefined)
    if (request.entry !== undefined) this.#spool.putBack(request.entry)
  }

  /** It is not sent again, neither by this process nor by another one. */
  async settle({ entry }: StoredRequest): Promise<void> {
    if (entry === undefined) return
    // The process that wrote an inherited one has given it a number of its own.
    if (!entry.isInherited) this.#own.delete(entry.tag)
    await this.#spool.settle(entry)
  }

  /** Its parts are sent in its place. The record stays until {@link endPart} was called for each of them. */
  divide({ entry }: StoredRequest): DividedRecord | undefined {
    if (entry === undefined) return undefined
    if (!entry.isInherited) this.#own.delete(entry.tag)
    return { entry, parts: 1 }
  }

  /** A part is not sent again, or has a record of its own. */
  async endPart(request: StoredRequest): Promise<void> {
    const entry = lastPart(request)
    if (entry !== undefined) await this.#spool.settle(entry)
  }

  /** The same in the call, for the `exit` event of a process. */
  endPartNow(request: StoredRequest): void {
    const entry = lastPart(request)
    if (entry !== undefined) this.#spool.settleSync(entry)
  }

  /** Everything that was begun is done in the call, for the `exit` event of a process. */
  finishNow(): void {
    this.#spool.finishSync()
  }

  /** This process does not send these any more; another one does. Returns how many they are. */
  keep(isMeant: (request: StoredRequest) => boolean): number {
    let count = 0
    for (const [tag, request] of this.#own) {
      if (request.entry === undefined || !isMeant(request)) continue
      this.#own.delete(tag)
      request.settle({ exported: 0, failed: {}, kept: request.spanCount })
      count += 1
    }
    return count
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#parts.clock.stopTimer(this.#timer)
    this.#parts.clock.stopTimer(this.#inheritTimer)
    await this.#spool.close()
  }

  /** While the disk is in trouble nothing can be taken, and nobody says when that is over. */
  #lookAgain(): void {
    this.#timer ??= this.#parts.clock.startTimer(() => {
      this.#timer = undefined
      this.#parts.onArrival()
    }, LOOK_AGAIN_MILLIS)
  }

  #recordOf(request: StoredRequest): SpoolRecord | undefined {
    const { body, spanCount, storedAt } = request
    if (body === undefined || this.#isClosed) return undefined
    if (request.record !== undefined) return request.record
    const { clock } = this.#parts
    const tag = this.#nextTag
    this.#nextTag = (this.#nextTag + 1) >>> 0
    request.record = { ...body, spanCount, tag, storedAt: clock.wallTime() - (clock.now() - storedAt) }
    return request.record
  }

  #written(tag: number, request: StoredRequest, entry: SpoolEntry | undefined): boolean {
    request.entry = entry
    if (entry === undefined) this.#own.delete(tag)
    else request.record = undefined
    return entry !== undefined
  }

  #inherited(entry: SpoolEntry): StoredRequest {
    const { clock, onInherited } = this.#parts
    const { spanCount } = entry
    const onSettled: StoredRequest['onSettled'] = ({ exported, failed }) => onInherited({ found: 0, exported, failed })
    return new StoredRequest({ spanCount, order: INHERITED_ORDER, storedAt: clock.now(), closing: NEVER, onSettled }, undefined)
  }

  #onLost(reason: string, entry: SpoolEntry): void {
    const failed = { [reason]: entry.spanCount }
    if (entry.isInherited) return this.#parts.onInherited({ found: 0, exported: 0, failed })
    const request = this.#own.get(entry.tag)
    this.#own.delete(entry.tag)
    if (request) request.settle({ exported: 0, failed })
    // Its batch has been told that it is kept, which is final. So it counts among those that nobody here waits for.
    else this.#parts.onInherited({ found: entry.spanCount, exported: 0, failed })
  }

  /** Another process sends it. */
  #onTakenOver(entry: SpoolEntry): void {
    if (entry.isInherited) return this.#parts.onInherited({ found: -entry.spanCount, exported: 0, failed: {} })
    const request = this.#own.get(entry.tag)
    this.#own.delete(entry.tag)
    request?.settle({ exported: 0, failed: {}, kept: request.spanCount })
  }

  #inheritAfter(millis: number): void {
    this.#inheritTimer = this.#parts.clock.startTimer(() => void this.#inherit(), millis)
  }

  async #inherit(): Promise<void> {
    if (this.#isClosed) return
    const { owners, spans, tornRecords } = await this.#spool.inherit()
    if (spans > 0) {
      const torn = tornRecords > 0 ? `; ${tornRecords} more were cut off while they were written` : ''
      this.#parts.onWarning(
        `${spans} spans of ${owners === 1 ? 'another process' : `${owners} other processes`} are in the spool, and are sent now${torn}`,
      )
      this.#parts.onInherited({ found: spans, exported: 0, failed: {} })
      this.#parts.onArrival()
    }
    if (!this.#isClosed) this.#inheritAfter(INHERIT.everyMillis)
  }
}

/** It is no part any more. Returns the record if it was the last one. */
function lastPart(request: StoredRequest): SpoolEntry | undefined {
  const { divided } = request
  request.divided = undefined
  if (divided === undefined) return undefined
  divided.parts -= 1
  return divided.parts === 0 ? divided.entry : undefined
}
