// SPDX-License-Identifier: Apache-2.0
import { type Reply, checkReply } from './reply.js'

const healthy: Reply = {}

/** Returns replies in order. The last one repeats, unless it has `times`; after that the sink is healthy again. */
export class ReplyScript {
  #replies: readonly Reply[] = []
  #position = 0
  #served = 0

  set(replies: readonly Reply[]): void {
    for (const reply of replies) checkReply(reply)
    this.#replies = replies
    this.#position = 0
    this.#served = 0
  }

  next(): Reply {
    const reply = this.#replies[this.#position]
    if (reply === undefined) return healthy
    const isLast = this.#position === this.#replies.length - 1
    if (++this.#served >= (reply.times ?? (isLast ? Infinity : 1))) {
      this.#position++
      this.#served = 0
    }
    return reply
  }
}
