// SPDX-License-Identifier: Apache-2.0
import type { ReadableSpan, SpanExporter } from '@spanring/core'
import type { FakeClock } from '@spanring/test-kit/clock'
import { ScriptedExporter } from '@spanring/test-kit/scripted-exporter'
import type { Call } from '@spanring/test-kit/scripted-exporter'
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

interface Exported {
  readonly numbers: number[]
  readonly startedAt: number
  answered: boolean
}

/** A scripted exporter on the fake clock: one behaviour per batch, the last one stays. */
export class ClockedExporter extends ScriptedExporter<ReadableSpan> implements SpanExporter {
  readonly calls: Exported[] = []
  readonly log: string[] = []
  /** The call stack of every call into the exporter, if a test asks for it; it is slow to make. */
  stacks: string[] | undefined
  /** Runs inside `export`, before it answers and before this call is in `calls`. */
  onExport: (() => void) | undefined
  onForceFlush: EndBehaviour = 'ok'
  onShutdown: EndBehaviour = 'ok'
  readonly #clock: FakeClock
  readonly #behaviours: Behaviour[]

  constructor(clock: FakeClock, ...behaviours: Behaviour[]) {
    super({ onExport: (call) => this.#behave(call), onShutdown: () => this.#end('shutdown', this.onShutdown) })
    this.#clock = clock
    this.#behaviours = behaviours
  }

  get numbers(): number[] {
    return this.calls.flatMap((call) => call.numbers)
  }

  /** When the exports started that have not called back. */
  get unanswered(): number[] {
    return this.calls.filter((call) => !call.answered).map((call) => call.startedAt)
  }

  forceFlush(): Promise<void> {
    return this.#end('forceFlush', this.onForceFlush)
  }

  #behave(call: Call<ReadableSpan>): void | Promise<void> {
    const behaviour = (this.#behaviours.length > 1 ? this.#behaviours.shift() : this.#behaviours[0]) ?? { kind: 'ok' }
    const exported = { numbers: numbersOf(call.spans), startedAt: this.#clock.now(), answered: false }
    this.#note('export')
    this.onExport?.()
    this.calls.push(exported)
    const answer: Call<ReadableSpan>['answer'] = (result) => {
      exported.answered = true
      this.log.push('answer')
      call.answer(result)
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
        exported.answered = true
        throw new Error('export throws')
      case 'reject':
        return new Promise((_resolve, reject) => {
          soonOrLater(behaviour.delay, () => {
            exported.answered = true
            reject(new Error('export rejects'))
          })
        })
      case 'twice':
        return this.#clock.later(() => {
          answer({ code: 0 })
          answer({ code: 1, error: new Error('changed its mind') })
        }, behaviour.delay)
      case 'garbage':
        return answer(undefined)
      case 'never':
        return undefined
    }
  }

  #end(what: string, behaviour: EndBehaviour): Promise<void> {
    this.#note(what)
    if (behaviour === 'throw') throw new Error(`${what} throws`)
    if (behaviour === 'reject') return Promise.reject(new Error(`${what} rejects`))
    return behaviour === 'never' ? new Promise(() => {}) : Promise.resolve()
  }

  #note(what: string): void {
    this.log.push(what)
    this.stacks?.push(new Error(what).stack ?? '')
  }
}
