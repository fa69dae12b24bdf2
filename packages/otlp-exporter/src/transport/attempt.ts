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
  /** Settles when the request that is being repeated has shown that its old connection leads nowhere. */
  #scout: Promise<undefined> | undefined

  constructor(clock: Clock, slots: Pick<Slots, 'closeIdle'>) {
    this.#clock = clock
    this.#slots = slots
  }

  /**
   * A kept connection that stays silent may lead nowhere: a backend was replaced, or something in between has forgotten
   * it, and nobody said so. The request is then sent on a new connection too. The old one is listened to meanwhile, since
   * the backend may be slow all the same; whichever is answered first decides, so that nothing is lost by the suspicion.
   *
   * Of several that are silent at once one goes ahead. If it finds that the backend is well the others follow; else they
   * wait as long again, since a backend that cannot keep up does not need twice the requests.
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
    const outcome = isSilent ? await this.#waitForScout(operation, first) : undefined
    if (outcome !== undefined) return outcome
    if (!connection.isSilent) return bounded(this.#clock, operation, () => first)
    return this.#repeat(operation, slot, request, first)
  }

  /** What the silent request came to meanwhile; undefined when it is time to repeat it. */
  async #waitForScout(operation: Operation, first: Promise<Verdict>): Promise<Settled<Verdict> | undefined> {
    const scout = this.#scout
    if (scout === undefined) return undefined
    const at = Math.min(this.#patience.until(this.#clock.now(), operation.at), operation.at)
    const settled = await bounded(this.#clock, { at, signal: operation.signal }, () => Promise.race([first, scout]))
    if (settled.status === 'done') return settled.value && { status: 'done', value: settled.value }
    return settled.status === 'timeout' && this.#clock.now() < operation.at ? undefined : settled
  }

  async #repeat(operation: Operation, slot: Slot, request: Request, first: Promise<Verdict>): Promise<Settled<Verdict>> {
    let leadsNowhere = (): void => {}
    const scout = new Promise<undefined>((resolve) => (leadsNowhere = () => resolve(undefined)))
    this.#scout ??= scout
    request.onRepeat?.()
    const suspect = slot.exchange()
    const second = this.#post(slot.connection, request)
    const settled = await bounded(this.#clock, operation, () => firstDecided(first, second))
    if (this.#scout === scout) this.#scout = undefined
    // Its status may have come, and the rest not.
    const late = settled.status === 'done' ? undefined : suspect.giveUp()
    void suspect.destroy()
    if (late !== undefined) {
      void slot.replace()
      return { status: 'done', value: request.judge(late) }
    }
    if (settled.status !== 'done') return settled
    // The old one has answered, and what it was asked must not be waited for here as well.
    if (slot.connection.isBusy) void slot.replace()
    else leadsNowhere()
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
