// SPDX-License-Identifier: Apache-2.0
import { bounded } from '@spanring/core'
import type { Clock, Settled } from '@spanring/core'
import type { Answer } from '../answer/answer.js'
import type { Verdict } from '../answer/verdict.js'
import type { Post, SlotConnection } from '../connection/connection.js'
import type { Slot, Slots } from '../connection/slots.js'
import type { Operation } from '../operation.js'
import { SilenceLimit } from './silence-limit.js'

interface Request {
  readonly post: Post
  /** Whether it is sent to a backend that is down. */
  readonly isProbe: boolean
  readonly judge: (answer: Answer) => Verdict
  /** Whether it may be sent once more. */
  readonly mayRepeat: () => boolean
  /** Called when it is sent once more. */
  readonly onRepeat: () => void
}

/** Which of the two connections decided, and the verdict. */
interface Decided {
  readonly by: 'old' | 'new'
  readonly verdict: Verdict
}

/** What a scout has found out about suspect connections. */
type Finding = 'dead' | 'unknown'

/** The pause between two attempts to connect, in milliseconds, while the suspect connection may still be answered. */
const PAUSE_MILLIS = 1000

/**
 * Sends a request on the connection of a slot, within the deadline. If that connection may be dead, the request is hedged: it
 * is sent on a new connection as well.
 */
export class HedgedRequests {
  readonly #clock: Clock
  readonly #slots: Pick<Slots, 'closeIdle'>
  readonly #silenceLimit = new SilenceLimit()
  /** The finding of the request that is hedged first, which the others wait for. */
  #scout: Promise<Finding> | undefined

  constructor(clock: Clock, slots: Pick<Slots, 'closeIdle'>) {
    this.#clock = clock
    this.#slots = slots
  }

  /**
   * A reused connection that stays silent may be dead: the backend was replaced, or something in between has silently dropped
   * the connection. The request is then sent on a new connection, too. The old one stays open, because the backend may only
   * be slow. The first answer decides, so that a wrong suspicion loses nothing.
   *
   * If several requests meet silence at the same time, one of them goes first, as the scout. If its new connection is answered
   * while the old one is silent, the others follow. Otherwise they go on waiting: a backend that cannot keep up does not need
   * twice as many requests.
   */
  async send(operation: Operation, slot: Slot, request: Request): Promise<Settled<Verdict>> {
    const connection = slot.next()
    const first = this.#post(connection, request)
    for (;;) {
      const at = request.mayRepeat() ? this.#silenceLimit.suspectAt(this.#clock.now(), operation.at) : Infinity
      // oxlint-disable-next-line no-await-in-loop -- re-checks what is known after each wait
      const settled = await this.#within(operation, at, () => first)
      if (settled.status !== 'timeout') return settled
      const { isSuspect } = connection
      // Connections that were idle with it are likely to be dead with it.
      if (isSuspect) this.#slots.closeIdle()
      if (this.#clock.now() >= operation.at) return settled
      if (!isSuspect) return this.#within(operation, Infinity, () => first)
      const scout = this.#scout
      if (scout === undefined) return this.#hedge(operation, slot, request, first)
      // oxlint-disable-next-line no-await-in-loop -- as above
      const found = await this.#within<Verdict | Finding>(operation, Infinity, () => Promise.race([first, scout]))
      if (found.status !== 'done') return found
      if (typeof found.value === 'object') return { status: 'done', value: found.value }
      if (found.value === 'dead') return this.#hedge(operation, slot, request, first)
    }
  }

  async #hedge(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Verdict>> {
    let report = (_finding: Finding): void => {}
    const finding = new Promise<Finding>((resolve) => (report = resolve))
    const isScout = this.#scout === undefined
    if (isScout) this.#scout = finding
    const suspect = slot.exchange()
    const settled = await this.#firstOf(operation, slot, request, first)
    if (isScout) this.#scout = undefined
    const { value: decided } = settled.status === 'done' ? settled : { value: undefined }
    const isDead = decided?.by === 'new' && decided.verdict.kind !== 'outage'
    report(isDead ? 'dead' : 'unknown')
    // The status may have arrived without the rest of the answer.
    const late = decided === undefined ? suspect.giveUp() : undefined
    void suspect.destroy()
    // That of the new connection, if it has got one, is the caller's to take.
    if (settled.status !== 'done' && late === undefined) return settled
    // The next request must not wait until the new connection has got its answer to this one.
    if (slot.connection.isBusy) void slot.replace()
    if (late !== undefined) return { status: 'done', value: request.judge(late) }
    return settled.status === 'done' ? { status: 'done', value: settled.value.verdict } : settled
  }

  /**
   * Sends on new connections while the suspect one stays open. A failure of a new connection means little: a backend that is
   * about to stop accepts no new connections, but answers the requests that it has. In that case the old connection decides,
   * unless it fails, too.
   */
  async #firstOf(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Decided>> {
    const old = first.then((verdict): Decided => ({ by: 'old', verdict }))
    for (;;) {
      request.onRepeat()
      const fresh = this.#post(slot.connection, request).then((verdict): Decided => ({ by: 'new', verdict }))
      // oxlint-disable-next-line no-await-in-loop -- one connection after the other
      const settled = await this.#within(operation, Infinity, () => decidedBy(old, fresh))
      if (settled.status !== 'done' || settled.value.verdict.kind !== 'outage') return settled
      void slot.replace()
      // If there is a status, the backend is up and asks us not to send more.
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

  async #post(connection: SlotConnection, { post, isProbe, judge }: Request): Promise<Verdict> {
    const startedAt = this.#clock.now()
    const verdict = judge(await connection.post(post, isProbe))
    if (verdict.status !== undefined) this.#silenceLimit.record(this.#clock.now() - startedAt)
    return verdict
  }
}

/** The verdict of the new connection, unless the old one is answered first. A failure of the old one does not count. */
function decidedBy(old: Promise<Decided>, fresh: Promise<Decided>): Promise<Decided> {
  return new Promise((resolve, reject) => {
    const listen = async (): Promise<void> => {
      const decided = await old
      if (decided.verdict.kind !== 'outage') resolve(decided)
    }
    listen().catch(() => {})
    fresh.then(resolve, reject)
  })
}
