// SPDX-License-Identifier: Apache-2.0

/** The first rule that was broken ends the run. */
export class Report {
  #violation: string | undefined

  get violation(): string | undefined {
    return this.#violation
  }

  violated(what: string): void {
    this.#violation ??= what
  }

  check(isRight: boolean, what: () => string): void {
    if (!isRight) this.#violation ??= what()
  }
}
