// SPDX-License-Identifier: Apache-2.0
import type { Refusal } from './sink-stats.js'

/** A request that the sink refuses by itself, whatever the script says. */
export class RefusedRequest extends Error {
  override readonly name = 'RefusedRequest'
  readonly reason: Refusal
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(reason: Refusal, status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.reason = reason
    this.status = status
    this.headers = headers
  }
}
