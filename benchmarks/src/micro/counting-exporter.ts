// SPDX-License-Identifier: Apache-2.0

type Callback = (result: { readonly code: number }) => void

const SUCCESS = { code: 0 }

/** Counts what it is given and answers at once, or not at all until it is released. */
export class CountingExporter {
  count = 0
  readonly #held: Callback[] = []
  #holds: boolean

  constructor(behaviour: 'answers' | 'holds') {
    this.#holds = behaviour === 'holds'
  }

  export(spans: { readonly length: number }, callback: Callback): void {
    this.count += spans.length
    if (this.#holds) this.#held.push(callback)
    else callback(SUCCESS)
  }

  /** Answers everything that waits, and from now on at once. */
  release(): void {
    this.#holds = false
    for (const callback of this.#held.splice(0)) callback(SUCCESS)
  }

  async shutdown(): Promise<void> {}
}
