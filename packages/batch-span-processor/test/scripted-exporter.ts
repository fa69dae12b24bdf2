// SPDX-License-Identifier: Apache-2.0
import type { ExportResult, ReadableSpan, SpanExporter } from '@spanring/core'
import type { FakeClock } from './fake-clock.js'
import { numbersOf } from './span.js'

/** What the exporter does with one batch. */
export type Behaviour =
  | { kind: 'ok'; delay?: number }
  | { kind: 'fail'; delay?: number }
  | { kind: 'throw' }
  | { kind: 'reject'; delay?: number }
  | { kind: 'never' }
  | { kind: 'twice'; delay: number }
  | { kind: 'garbage' }

/** What `forceFlush` and `shutdown` of the exporter do. */
export type EndBehaviour = 'ok' | 'never' | 'throw' | 'reject'

interface Call {
  readonly numbers: number[]
  readonly startedAt: number
  answered: boolean
}

/** An exporter that takes an array and does as it is told, one behaviour per batch; the last one stays. */
export class ScriptedExporter implements SpanExporter {
  readonly calls: Call[] = []
  readonly log: string[] = []
  /** The call stack of every call into the exporter, if a test asks for it; it is slow to make. */
  stacks: string[] | undefined
  /** Runs inside `export`, before it answers and before this call is in `calls`. */
  onExport: (() => void) | undefined
  onForceFlush: EndBehaviour = 'ok'
  onShutdown: EndBehaviour = 'ok'
  readonly #clock: FakeClock
  readonly #script: Behaviour[]

  constructor(clock: FakeClock, ...script: Behaviour[]) {
    this.#clock = clock
    this.#script = script
  }

  get numbers(): number[] {
    return this.calls.flatMap((call) => call.numbers)
  }

  /** When the exports started that have not called back. */
  get unanswered(): number[] {
    return this.calls.filter((call) => !call.answered).map((call) => call.startedAt)
  }

  // oxlint-disable-next-line typescript/no-misused-promises -- an exporter written as an async function is one behaviour
  export(spans: ReadableSpan[], callback: (result: ExportResult) => void): void | Promise<void> {
    const behaviour = (this.#script.length > 1 ? this.#script.shift() : this.#script[0]) ?? { kind: 'ok' }
    const call = { numbers: numbersOf(spans), startedAt: this.#clock.now(), answered: false }
    this.#note('export')
    this.onExport?.()
    this.calls.push(call)
    const answer = (result: ExportResult): void => {
      call.answered = true
      this.log.push('answer')
      callback(result)
    }
    const soonOrLater = (delay: number | undefined, work: () => void): void => {
      if (delay === undefined) work()
      else this.#clock.later(work, delay)
    }
    switch (behaviour.kind) {
      case 'ok':
        return soonOrLater(behaviour.delay, () => answer({ code: 0 }))
      case 'fail':
        return soonOrLater(behaviour.delay, () => answer({ code: 1, error: new Error('backend says no') }))
      case 'throw':
        call.answered = true
        throw new Error('export throws')
      case 'reject':
        return new Promise((_resolve, reject) => {
          soonOrLater(behaviour.delay, () => {
            call.answered = true
            reject(new Error('export rejects'))
          })
        })
      case 'twice':
        return this.#clock.later(() => {
          answer({ code: 0 })
          answer({ code: 1, error: new Error('changed its mind') })
        }, behaviour.delay)
      case 'garbage':
        return answer(undefined as unknown as ExportResult)
      case 'never':
        return undefined
    }
  }

  forceFlush(): Promise<void> {
    this.#note('forceFlush')
    return end(this.onForceFlush, 'forceFlush')
  }

  shutdown(): Promise<void> {
    this.#note('shutdown')
    return end(this.onShutdown, 'shutdown')
  }

  #note(what: string): void {
    this.log.push(what)
    this.stacks?.push(new Error(what).stack ?? '')
  }
}

function end(behaviour: EndBehaviour, what: string): Promise<void> {
  if (behaviour === 'throw') throw new Error(`${what} throws`)
  if (behaviour === 'reject') return Promise.reject(new Error(`${what} rejects`))
  return behaviour === 'never' ? new Promise(() => {}) : Promise.resolve()
}
