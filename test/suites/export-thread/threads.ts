// SPDX-License-Identifier: Apache-2.0
import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** The threads of the exporters that were made in a call of {@link withThreads}, in the order of their start. */
export class ThreadRecord {
  readonly all: Worker[] = []

  /** The one that runs; undefined if there is none. */
  get live(): Worker | undefined {
    return this.all.findLast(({ threadId }) => threadId !== -1)
  }

  /** Ends the thread that runs. Resolves when it is gone, to false if there was none. */
  async kill(): Promise<boolean> {
    const { live } = this
    if (live === undefined) return false
    const gone = once(live, 'exit')
    void live.terminate()
    await gone
    return true
  }
}

const records = new AsyncLocalStorage<ThreadRecord>()
const unref = Worker.prototype.unref

/**
 * Nobody but the exporter has its thread, so a test gets at it where it is unref'd. The exporter works in the asynchronous
 * context in which it was made, and so the record is the right one of several.
 */
Worker.prototype.unref = function (this: Worker): void {
  records.getStore()?.all.push(this)
  unref.call(this)
}

export function withThreads<T>(work: (threads: ThreadRecord) => T): T {
  const threads = new ThreadRecord()
  return records.run(threads, () => work(threads))
}

/** Threads of this process, of any kind. Only Linux tells. */
export function osThreadCount(): number | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').length : undefined
}
