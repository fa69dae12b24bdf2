// SPDX-License-Identifier: Apache-2.0

/**
 * An AbortController that is created when it is first used. Cloudflare Workers allow that only while they serve a request,
 * and a processor is constructed before.
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
      // Created in a request of such a worker that is over, and its listeners with it.
    }
  }

  get #controller(): AbortController {
    return (this.#created ??= new AbortController())
  }
}
