// SPDX-License-Identifier: Apache-2.0

/**
 * An AbortController that is created when it is first used. Cloudflare Workers can create one only while they serve a
 * request, but a processor is constructed before that.
 */
export class LateAbortController {
  #created: AbortController | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(): void {
    try {
      this.#controller.abort()
    } catch {
      // The request in which a Cloudflare Worker created it is over, and so are its listeners.
    }
  }

  get #controller(): AbortController {
    return (this.#created ??= new AbortController())
  }
}
