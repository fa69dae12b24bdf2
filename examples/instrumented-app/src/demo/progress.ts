// SPDX-License-Identifier: Apache-2.0

const plainIntervalMillis = 5000

/** One line that is rewritten on a terminal; elsewhere a line every five seconds. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  #printedAt = -Infinity

  constructor(out: NodeJS.WriteStream) {
    this.#out = out
  }

  update(text: string): void {
    if (this.#out.isTTY) this.#out.write(`\r\u001B[K${text}`)
    else if (performance.now() - this.#printedAt >= plainIntervalMillis) this.done(text)
  }

  /** Prints `text` for good. */
  done(text: string): void {
    this.#printedAt = performance.now()
    this.#out.write(this.#out.isTTY ? `\r\u001B[K${text}\n` : `${text}\n`)
  }
}
