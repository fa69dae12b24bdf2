// SPDX-License-Identifier: Apache-2.0
import type { Call, Disk, Steps } from './disk.js'

interface Job {
  readonly steps: Steps<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  /** The call that it waits for. */
  call: Call | undefined
}

/** Calls whose first argument is a descriptor. */
const WITH_DESCRIPTOR: ReadonlySet<string> = new Set(['read', 'write', 'truncate', 'datasync'])

/**
 * Does the spool's work on the disk, one job after the other, so that no two of them ever change the same file at once.
 *
 * In the `exit` event no promise settles any more. {@link finishSync} then does what is left of every job without promises. The call
 * that a job waits for is made a second time: it may or may not have happened, and may still be happening on another thread. So every
 * call is one that can be repeated: a write has its position, a missing file and one that exists are expected by whoever asks.
 * Only `close` is not repeated, because the descriptor may already be that of another file.
 */
export class DiskLane {
  readonly #disk: Disk
  readonly #queue: Job[] = []
  #current: Job | undefined
  #isWorking = false
  /** Descriptors that a call of a job which was taken over may still be using. Each of them is closed after that. */
  readonly #inUse = new Map<number, { isToBeClosed: boolean }>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Rejects with what the steps throw. */
  run<T>(steps: Steps<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ steps, resolve, reject, call: undefined })
      if (!this.#isWorking) void this.#work()
    })
  }

  /** Everything that was asked for before comes first. */
  runSync<T>(steps: Steps<T>): T {
    this.finishSync()
    return this.#driveSync(steps, undefined)
  }

  /** Does everything that was asked for, without promises. Their promises settle later, if the event loop goes on. */
  finishSync(): void {
    const interrupted = this.#current
    this.#current = undefined
    if (interrupted) this.#finishJob(interrupted)
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) this.#finishJob(job)
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      this.#current = job
      await this.#drive(job)
      if (this.#current === job) this.#current = undefined
    }
    this.#isWorking = false
  }

  async #drive(job: Job): Promise<void> {
    try {
      let result = job.steps.next()
      while (!result.done) {
        const call = result.value
        job.call = call
        let value: unknown
        let error: unknown
        let isFailed = false
        try {
          value = await this.#callAsync(call)
        } catch (failure) {
          error = failure
          isFailed = true
        }
        if (this.#current !== job) {
          this.#dispose(call, value)
          return
        }
        job.call = undefined
        result = isFailed ? job.steps.throw(error) : job.steps.next(value)
      }
      job.resolve(result.value as never)
    } catch (error) {
      job.reject(error)
    }
  }

  /** The call of a job that {@link finishSync} has taken over has ended. */
  #dispose(call: Call, value: unknown): void {
    if (call.name === 'open' && typeof value === 'number') this.#disk.async.close(value).catch(() => {})
    const fd = descriptorOf(call)
    if (fd === undefined) return
    const use = this.#inUse.get(fd)
    this.#inUse.delete(fd)
    if (use?.isToBeClosed) this.#disk.async.close(fd).catch(() => {})
  }

  #finishJob(job: Job): void {
    const fd = job.call && descriptorOf(job.call)
    if (fd !== undefined) this.#inUse.set(fd, { isToBeClosed: false })
    try {
      job.resolve(this.#driveSync(job.steps, job.call) as never)
    } catch (error) {
      job.reject(error)
    }
  }

  #driveSync<T>(steps: Steps<T>, interrupted: Call | undefined): T {
    let call = interrupted
    for (;;) {
      let result: IteratorResult<Call, T>
      if (!call) {
        result = steps.next()
      } else {
        let value: unknown
        let isDone = false
        try {
          if (call !== interrupted || call.name !== 'close') value = this.#callSync(call)
          isDone = true
          result = steps.next(value)
        } catch (error) {
          if (isDone) throw error
          result = steps.throw(error)
        }
      }
      if (result.done) return result.value
      call = result.value
    }
  }

  #callAsync(call: Call): Promise<unknown> {
    if (this.#isPutOff(call)) return Promise.resolve()
    return (this.#disk.async[call.name] as (...args: readonly unknown[]) => Promise<unknown>)(...call.args)
  }

  #callSync(call: Call): unknown {
    if (this.#isPutOff(call)) return undefined
    return (this.#disk.sync[call.name] as (...args: readonly unknown[]) => unknown)(...call.args)
  }

  /** Closed now, the number of the descriptor could become that of another file, into which the other call would then write. */
  #isPutOff(call: Call): boolean {
    const use = call.name === 'close' ? this.#inUse.get(call.args[0] as number) : undefined
    if (use) use.isToBeClosed = true
    return use !== undefined
  }
}

function descriptorOf(call: Call): number | undefined {
  return WITH_DESCRIPTOR.has(call.name) ? (call.args[0] as number) : undefined
}
