// SPDX-License-Identifier: Apache-2.0
import { gunzipSync } from 'node:zlib'
import type { Report } from '../checks/report.js'
import { readSpans } from './read-spans.js'

/** One request that a connection has sent. */
export interface RequestRecord {
  readonly number: number
  /** Which process has sent it. */
  readonly generation: number
  readonly sentAt: number
  /** When the status of its answer arrived; Infinity as long as none has. */
  answeredAt: number
  readonly bytes: number
}

/** What the backend answers. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const NOTHING = Buffer.alloc(0)
export const REPLY_OK: Reply = { status: 200, headers: {}, body: NOTHING }

/** Keeps the spans that it has accepted, and checks that each is one that was ended and that none comes again without a reason. */
export class Backend {
  /** The requests with which each span was accepted, by its index. */
  readonly accepted: RequestRecord[][] = []
  readonly #report: Report
  /** How many spans have ended so far. */
  readonly #endedCount: () => number
  /** How often each span may come again although a request with it was answered: that was not noted before its spool changed hands. */
  readonly #repeats: number[] = []
  /** Spans that it has refused for good. */
  readonly refused = new Set<number>()

  constructor(report: Report, endedCount: () => number) {
    this.#report = report
    this.#endedCount = endedCount
  }

  /** How many spans have ended so far. */
  get endedCount(): number {
    return this.#endedCount()
  }

  /** How often a span was accepted. */
  timesOf(index: number): number {
    return this.accepted[index]?.length ?? 0
  }

  /** The spans in a request, in their order; undefined if it cannot be read. */
  read(record: RequestRecord, body: Buffer, encoding: string | undefined): number[] | undefined {
    try {
      // See codecs.ts.
      const bytes = encoding === undefined ? body : gunzipSync(body)
      const indexes = readSpans(bytes)
      const ended = this.#endedCount()
      for (const index of indexes) {
        if (index >= ended) this.#report.violated(`request ${record.number} has span ${index}, and only ${ended} have ended`)
      }
      return indexes
    } catch (error) {
      this.#report.violated(`request ${record.number} is damaged: ${(error as Error).message}`)
      return undefined
    }
  }

  accept(record: RequestRecord, indexes: readonly number[]): void {
    const seen = new Set<number>()
    for (const index of indexes) {
      if (seen.has(index)) this.#report.violated(`span ${index} is twice in request ${record.number}`)
      seen.add(index)
      const before = this.accepted[index]
      if (before === undefined) {
        this.accepted[index] = [record]
        continue
      }
      this.#checkRepeated(index, before, record)
      before.push(record)
    }
  }

  /** These are not to be sent again. */
  refuse(indexes: readonly number[], status: number): Reply {
    for (const index of indexes) this.refused.add(index)
    return { ...REPLY_OK, status }
  }

  /** Once more. */
  mayRepeat(index: number): void {
    this.#repeats[index] = (this.#repeats[index] ?? 0) + 1
  }

  #checkRepeated(index: number, before: readonly RequestRecord[], later: RequestRecord): void {
    const answered = before.filter((earlier) => earlier !== later && earlier.answeredAt < later.sentAt)
    const [earlier] = answered
    if (earlier === undefined || answered.length <= (this.#repeats[index] ?? 0)) return
    this.#report.violated(
      `span ${index} was accepted with request ${earlier.number}, which was answered, and is sent again with ${later.number}`,
    )
  }
}
