// SPDX-License-Identifier: Apache-2.0
import * as v8 from 'node:v8'

export interface HeapFigures {
  /** Time of the main thread in garbage collection. */
  readonly gcMillis: number
  /** Made in the heap, whether it was garbage soon or not. Encoded bytes and buffers are outside of the heap. */
  readonly allocatedBytes: number
}

/** What is allocated and what collecting it costs, from the engine's own statistics before and after each collection. */
export class HeapWatch {
  readonly #profiler = new v8.GCProfiler()
  readonly #usedAtStart: number

  constructor() {
    this.#usedAtStart = v8.getHeapStatistics().used_heap_size
    this.#profiler.start()
  }

  stop(): HeapFigures {
    const { statistics } = this.#profiler.stop()
    let used = this.#usedAtStart
    let allocatedBytes = 0
    let gcMicros = 0
    for (const { cost, beforeGC, afterGC } of statistics) {
      allocatedBytes += Math.max(0, beforeGC.heapStatistics.usedHeapSize - used)
      used = afterGC.heapStatistics.usedHeapSize
      gcMicros += cost
    }
    allocatedBytes += Math.max(0, v8.getHeapStatistics().used_heap_size - used)
    return { gcMillis: gcMicros / 1000, allocatedBytes }
  }
}
