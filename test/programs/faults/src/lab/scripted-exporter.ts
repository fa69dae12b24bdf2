// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableSpan, SpanExporter } from '@spanring/batch-span-processor'

/** One call of `export`. */
export interface Call {
  /** From 1. */
  readonly number: number
  readonly spans: readonly ReadableSpan[]
  readonly isAnswered: boolean
  succeed(): void
  fail(message?: string): void
}

/** What `export` does and returns, and what `shutdown` does and returns. */
export interface Script {
  readonly onExport?: (call: Call) => unknown
  readonly onShutdown?: () => unknown
}

/** Does as it is told, and notes how it is treated. Healthy without a script. */
export class ScriptedExporter implements SpanExporter {
  readonly #script: Script
  calls = 0
  /** Calls that were not answered yet. */
  running = 0
  mostAtOnce = 0
  /** Spans of calls whose first answer was success. */
  delivered = 0
  shutdowns = 0
  /** Calls of `export` on the stack of another. */
  deepest = 0
  #depth = 0
  /** What an exporter keeps of a call that hangs, as a request does that waits for its answer. */
  readonly #unanswered = new Set<unknown>()

  constructor(script: Script = {}) {
    this.#script = script
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.calls++
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.running)
    this.deepest = Math.max(this.deepest, ++this.#depth)
    try {
      const { onExport = succeed } = this.#script
      return onExport(this.#call(spans, done)) as undefined
    } finally {
      this.#depth--
    }
  }

  shutdown(): Promise<void> {
    this.shutdowns++
    return (this.#script.onShutdown ?? resolve)() as Promise<void>
  }

  #call(spans: readonly ReadableSpan[], done: (result: ExportResult) => void): Call {
    let isAnswered = false
    const count = spans.length
    const answer = (result: ExportResult): void => {
      if (!isAnswered) {
        isAnswered = true
        this.running--
        this.#unanswered.delete(answer)
        if (result.code === 0) this.delivered += count
      }
      done(result)
    }
    this.#unanswered.add(answer)
    return {
      number: this.calls,
      spans,
      get isAnswered() {
        return isAnswered
      },
      succeed: () => answer({ code: 0 }),
      fail: (message = 'the backend said no') => answer({ code: 1, error: new Error(message) }),
    }
  }
}

function succeed(call: Call): void {
  call.succeed()
}

async function resolve(): Promise<void> {}
