// SPDX-License-Identifier: Apache-2.0
import { bounded } from './bounded.js'
import type { Settled } from './bounded.js'
import type { Clock } from './clock.js'
import type { Connection, Post } from './connection.js'
import type { Operation } from './operation.js'
import { Patience } from './patience.js'
import type { RawOutcome } from './response-collector.js'
import type { Slot, Slots } from './slots.js'
import type { Verdict } from './verdict.js'

interface Request {
  readonly post: Post
  readonly judge: (outcome: RawOutcome) => Verdict
  /** Called when it is sent once more; undefined if it must not be. */
  readonly onRepeat: (() => void) | undefined
}

/** Sends a request on the connection of a slot, within the deadline. */
export class Attempts {
  readonly #clock: Clock
  readonly #slots: Pick<Slots, 'closeIdle'>
  readonly #patience = new Patience()

  constructor(clock: Clock, slots: Pick<Slots, 'closeIdle'>) {
    this.#clock = clock
    this.#slots = slots
  }

  /**
   * A kept connection that stays silent may lead nowhere: a backend was replaced, or something in between has forgotten
   * it, and nobody said so. The request is then sent on a new connection too. The old one is listened to meanwhile, since
   * the backend may be slow all the same; whichever is answered first decides, so that nothing is lost by the suspicion.
   */
  async make(operation: Operation, slot: Slot, request: Request): Promise<Settled<Verdict>> {
    const connection = slot.next()
    const first = this.#post(connection, request)
    const { isKept } = connection
    const isSuspicious = isKept && connection.isOurs && request.onRepeat !== undefined
    const suspectAt = isSuspicious ? this.#patience.until(this.#clock.now(), operation.at) : Infinity
    const settled = await bounded(this.#clock, { at: Math.min(suspectAt, operation.at), signal: operation.signal }, () => first)
    if (settled.status !== 'timeout') return settled
    const isSilent = isKept && connection.isSilent
    // Those that were kept with it are likely to be forgotten with it.
    if (isSilent) this.#slots.closeIdle()
    if (this.#clock.now() >= operation.at) return settled
    return isSilent ? this.#repeat(operation, slot, request, first) : bounded(this.#clock, operation, () => first)
  }

  async #repeat(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Verdict>> {
    request.onRepeat?.()
    const suspect = slot.exchange()
    const second = this.#post(slot.connection, request)
    const settled = await bounded(this.#clock, operation, () => firstDecided(first, second))
    // Its status may have come, and the rest not.
    const late = settled.status === 'done' ? undefined : suspect.giveUp()
    void suspect.destroy()
    if (late !== undefined) {
      void slot.replace()
      return { status: 'done', value: request.judge(late) }
    }
    // The old one has answered, and what it was asked must not be waited for here as well.
    if (settled.status === 'done' && slot.connection.isBusy) void slot.replace()
    return settled
  }

  async #post(connection: Connection, { post, judge }: Request): Promise<Verdict> {
    const startedAt = this.#clock.now()
    const verdict = judge(await connection.post(post))
    if (verdict.status !== undefined) this.#patience.answered(this.#clock.now() - startedAt)
    return verdict
  }
}

/** What comes of the second, unless the first is answered before: that it broke says nothing that was not feared. */
function firstDecided(first: Promise<Verdict>, second: Promise<Verdict>): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const listen = async (): Promise<void> => {
      const verdict = await first
      if (verdict.kind !== 'outage') resolve(verdict)
    }
    listen().catch(() => {})
    second.then(resolve, reject)
  })
}
