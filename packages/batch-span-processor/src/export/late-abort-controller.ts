// SPDX-License-Identifier: Apache-2.0

/**
 * An AbortController that is made when somebody first asks for it. Where a processor is made there may be none to be had:
 * Cloudflare's workers allow it only while a request is served.
 */
export class LateAbortController {
  #made: AbortController | undefined

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(): void {
    try {
      this.#controller.abort()
    } catch {
      // Made in a request of such a worker that is over, and with it all that listens.
    }
  }

  get #controller(): AbortController {
    return (this.#made ??= new AbortController())
  }
}
