// SPDX-License-Identifier: Apache-2.0
import type { Steps } from './disk.js'
import type { Orphan } from './inheritance.js'
import type { OwnedDirectory } from './segment.js'
import type { SpoolWork } from './spool-work.js'

/** What `inherit` has taken over. */
export interface Inherited {
  readonly owners: number
  readonly spans: number
  readonly bytes: number
  /** Places where segments are damaged. Records whose header is sound are among the spans as well, and reported as lost. */
  readonly tornRecords: number
  readonly tornBytes: number
  /** Owners of which it will only be known in half a minute whether they are alive. */
  readonly undecided: number
}

type Sum = { -readonly [K in keyof Inherited]: Inherited[K] }

/** A directory that is ours and not read to its end. */
interface Unread {
  readonly directory: OwnedDirectory
  /** The segments that are still to be read, if they have been listed. */
  numbers: readonly number[] | undefined
  /** When the last one was made that was read. */
  lastCreatedAt: number
}

interface TakeoverParts {
  readonly work: SpoolWork
  /** Does a job on the disk. */
  readonly run: <T>(steps: Steps<T>) => Promise<T>
  readonly isClosed: () => boolean
}

/** Takes over what dead owners have left, segment by segment, so that appends come in between. */
export class Takeover {
  readonly #parts: TakeoverParts
  #last: Promise<unknown> = Promise.resolve()
  #running = 0
  readonly #unread = new Set<Unread>()

  constructor(parts: TakeoverParts) {
    this.#parts = parts
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#unread.size === 0
  }

  /** One at a time. */
  inherit(): Promise<Inherited> {
    this.#running += 1
    const inherited = this.#last.then(() => this.#inherit())
    this.#last = inherited
    return inherited
  }

  async #inherit(): Promise<Inherited> {
    const { work, run } = this.#parts
    const sum: Sum = { owners: 0, spans: 0, bytes: 0, tornRecords: 0, tornBytes: 0, undecided: 0 }
    await this.#attempt(async () => {
      const { dead, undecided, failure } = await run(work.findOrphans())
      sum.undecided = undecided
      if (failure !== undefined) this.#failed(failure)
      for (const orphan of dead) {
        await this.#attempt(async () => {
          if (await this.#claim(orphan)) sum.owners += 1
        })
      }
    })
    for (const unread of this.#unread) {
      await this.#attempt(async () => {
        await this.#read(unread, sum)
        this.#unread.delete(unread)
      })
    }
    this.#running -= 1
    return sum
  }

  /** One owner that cannot be taken over keeps nobody from the others. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#parts.work.trouble.failed('take over what is in', error, 'it is tried again later')
  }

  /** Whether at least one of its directories is ours now. */
  async #claim(orphan: Orphan): Promise<boolean> {
    const { work, run, isClosed } = this.#parts
    let isOurs = false
    for (const name of isClosed() ? [] : await run(work.inheritance.open(orphan))) {
      // The lease was given up, and would be made anew.
      if (isClosed()) break
      const directory = await run(work.owner.claim(name))
      if (!directory) continue
      isOurs = true
      this.#unread.add({ directory, numbers: undefined, lastCreatedAt: 0 })
    }
    return isOurs
  }

  async #read(unread: Unread, sum: Sum): Promise<void> {
    const { work, run, isClosed } = this.#parts
    const { directory } = unread
    if (!unread.numbers && directory.gone === undefined && !isClosed()) {
      unread.numbers = await run(work.inheritance.list(directory))
      directory.segments += unread.numbers.length
    }
    while (directory.gone === undefined && !isClosed()) {
      const [number, ...rest] = unread.numbers ?? []
      if (number === undefined) break
      await this.#readSegment(unread, number, sum)
      unread.numbers = rest
    }
    if (!isClosed()) await run(work.removeIfEmpty(directory))
  }

  async #readSegment(unread: Unread, number: number, sum: Sum): Promise<void> {
    const { work, run, isClosed } = this.#parts
    const loaded = await run(work.inheritance.load(unread.directory, number, unread.lastCreatedAt))
    if (isClosed()) return
    if (!loaded) {
      unread.directory.segments -= 1
      return
    }
    unread.lastCreatedAt = loaded.segment.createdAt
    for (const entry of loaded.segment.entries) {
      sum.spans += entry.spanCount
      sum.bytes += entry.byteLength
    }
    sum.tornRecords += loaded.tornRecords
    sum.tornBytes += loaded.tornBytes
    await run(work.takeIn(loaded))
  }
}
