// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock, Settled } from '@spanring/core'
import type { Connection, Post } from '../connection/connection.js'
import type { Operation } from '../operation.js'
import { Patience } from './silence-limit.js'
import type { RawOutcome } from '../answer/answer-collector.js'
import type { Slot, Slots } from '../connection/slots.js'
import type { Verdict } from '../answer/verdict.js'

interface Request {
  readonly post: Post
  readonly judge: (outcome: RawOutcome) => Verdict
  /** Whether it may be sent once more. */
  readonly mayRepeat: () => boolean
  /** Called when it is. */
  readonly onRepeat: () => void
}

/** Which of two connections has decided, and how. */
interface Decided {
  readonly by: 'first' | 'second'
  readonly verdict: Verdict
}

/** What is known of a connection that somebody has doubted: it leads nowhere, or nobody can tell. */
type Finding = 'nowhere' | 'unknown'

/** Between two attempts to connect while the doubted connection may still be answered, in milliseconds. */
const PAUSE_MILLIS = 1000

/** Sends a request on the connection of a slot, within the deadline. */
export class Attempts {
  readonly #clock: Clock
  readonly #slots: Pick<Slots, 'closeIdle'>
  readonly #patience = new Patience()
  /** What comes of the one request that is being repeated. */
  #scout: Promise<Finding> | undefined

  constructor(clock: Clock, slots: Pick<Slots, 'closeIdle'>) {
    this.#clock = clock
    this.#slots = slots
  }

  /**
   * A kept connection that stays silent may lead nowhere: a backend was replaced, or something in between has forgotten
   * it, and nobody said so. The request is then sent on a new connection too. The old one is listened to meanwhile, since
   * the backend may be slow all the same; whichever is answered first decides, so that nothing is lost by the suspicion.
   *
   * Of several that are silent at once one goes ahead. If its new connection is answered while the old one is silent, the
   * others follow; else they go on waiting, since a backend that cannot keep up does not need twice the requests.
   */
  async make(operation: Operation, slot: Slot, request: Request): Promise<Settled<Verdict>> {
    const connection = slot.next()
    const first = this.#post(connection, request)
    for (;;) {
      const at = request.mayRepeat() ? this.#patience.until(this.#clock.now(), operation.at) : Infinity
      // oxlint-disable-next-line no-await-in-loop -- each time is another look at what is known
      const settled = await this.#within(operation, at, () => first)
      if (settled.status !== 'timeout') return settled
      const { isSuspect } = connection
      // Those that were kept with it are likely to be forgotten with it.
      if (isSuspect) this.#slots.closeIdle()
      if (this.#clock.now() >= operation.at) return settled
      if (!isSuspect) return this.#within(operation, Infinity, () => first)
      const scout = this.#scout
      if (scout === undefined) return this.#repeat(operation, slot, request, first)
      // oxlint-disable-next-line no-await-in-loop -- as above
      const found = await this.#within<Verdict | Finding>(operation, Infinity, () => Promise.race([first, scout]))
      if (found.status !== 'done') return found
      if (typeof found.value === 'object') return { status: 'done', value: found.value }
      if (found.value === 'nowhere') return this.#repeat(operation, slot, request, first)
    }
  }

  async #repeat(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Verdict>> {
    let report = (_finding: Finding): void => {}
    const finding = new Promise<Finding>((resolve) => (report = resolve))
    const isScout = this.#scout === undefined
    if (isScout) this.#scout = finding
    const suspect = slot.exchange()
    const settled = await this.#either(operation, slot, request, first)
    if (isScout) this.#scout = undefined
    const { value: decided } = settled.status === 'done' ? settled : { value: undefined }
    const isNowhere = decided?.by === 'second' && decided.verdict.kind !== 'outage'
    report(isNowhere ? 'nowhere' : 'unknown')
    // Its status may have come, and the rest not.
    const late = decided === undefined ? suspect.giveUp() : undefined
    void suspect.destroy()
    // What the new one was asked must not be waited for in the next request.
    if (slot.connection.isBusy) void slot.replace()
    if (late !== undefined) return { status: 'done', value: request.judge(late) }
    return settled.status === 'done' ? { status: 'done', value: settled.value.verdict } : settled
  }

  /**
   * Sends on new connections beside the doubted one. That one of them fails says little: a backend that is about to end
   * takes no new connection, and answers what it has. So the old one decides then, unless it fails as well.
   */
  async #either(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Decided>> {
    const old = first.then((verdict): Decided => ({ by: 'first', verdict }))
    for (;;) {
      request.onRepeat()
      const second = this.#post(slot.connection, request).then((verdict): Decided => ({ by: 'second', verdict }))
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      const settled = await this.#within(operation, Infinity, () => decidedBy(old, second))
      if (settled.status !== 'done' || settled.value.verdict.kind !== 'outage') return settled
      void slot.replace()
      // With a status it is there, and has said what it thinks of another request.
      const isRefused = settled.value.verdict.status === undefined
      const at = isRefused && request.mayRepeat() ? this.#clock.now() + PAUSE_MILLIS : Infinity
      // oxlint-disable-next-line no-await-in-loop -- as above
      const meanwhile = await this.#within(operation, at, () => old)
      if (meanwhile.status === 'done') return meanwhile.value.verdict.kind === 'outage' ? settled : meanwhile
      if (meanwhile.status !== 'timeout' || this.#clock.now() >= operation.at) return meanwhile
    }
  }

  #within<T>(operation: Operation, at: number, work: () => Promise<T>): Promise<Settled<T>> {
    return bounded(this.#clock, { at: Math.min(at, operation.at), signal: operation.signal }, work)
  }

  async #post(connection: Connection, { post, judge }: Request): Promise<Verdict> {
    const startedAt = this.#clock.now()
    const verdict = judge(await connection.post(post))
    if (verdict.status !== undefined) this.#patience.answered(this.#clock.now() - startedAt)
    return verdict
  }
}

/** What the second comes to, unless the first is answered before: that it broke says nothing that was not feared. */
function decidedBy(first: Promise<Decided>, second: Promise<Decided>): Promise<Decided> {
  return new Promise((resolve, reject) => {
    const listen = async (): Promise<void> => {
      const decided = await first
      if (decided.verdict.kind !== 'outage') resolve(decided)
    }
    listen().catch(() => {})
    second.then(resolve, reject)
  })
}
