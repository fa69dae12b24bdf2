// SPDX-License-Identifier: Apache-2.0

interface ExportResult {
  readonly code: number
  readonly error?: Error
}

/** One call of `export`. */
export interface Call<Span> {
  /** From 1. */
  readonly number: number
  readonly spans: readonly Span[]
  readonly isAnswered: boolean
  succeed(): void
  fail(message?: string): void
  /** Calls back with whatever a test takes for a result. */
  answer(result: ExportResult | undefined): void
}

/** What the methods of the exporter do and return. */
export interface Script<Span> {
  readonly onExport?: (call: Call<Span>) => unknown
  readonly onShutdown?: () => unknown
}

/** Does as it is told, and notes how it is treated. Healthy without a script. */
export class ScriptedExporter<Span> {
  readonly #script: Script<Span>
  callCount = 0
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

  constructor(script: Script<Span> = {}) {
    this.#script = script
  }

  export(spans: Span[], done: (result: ExportResult) => void): void {
    this.callCount++
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

  #call(spans: readonly Span[], done: (result: ExportResult) => void): Call<Span> {
    let isAnswered = false
    const count = spans.length
    const answer = (result: ExportResult | undefined): void => {
      if (!isAnswered) {
        isAnswered = true
        this.running--
        this.#unanswered.delete(answer)
        if (result?.code === 0) this.delivered += count
      }
      done(result as ExportResult)
    }
    this.#unanswered.add(answer)
    return {
      number: this.callCount,
      spans,
      get isAnswered() {
        return isAnswered
      },
      answer,
      succeed: () => answer({ code: 0 }),
      fail: (message = 'the backend said no') => answer({ code: 1, error: new Error(message) }),
    }
  }
}

function succeed(call: Call<unknown>): void {
  call.succeed()
}

async function resolve(): Promise<void> {}
