// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici'

export interface RawResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** How one request ended. Every one of them leaves the connection usable or destroyed. */
export type RawOutcome =
  | { readonly kind: 'response'; readonly response: RawResponse }
  | { readonly kind: 'over-limit'; readonly status: number }
  /** No whole answer; `status` if one was read before the connection broke. */
  | {
      readonly kind: 'broken'
      readonly error: Error
      readonly status: number | undefined
      readonly retryAfter: string | undefined
    }

/**
 * Reads the answer to one request to its end, so that the connection can serve the next one: undici starts nothing on a
 * connection whose last body nobody reads. Past the limit the connection is destroyed instead.
 */
export class ResponseCollector implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number
  readonly #settle: (outcome: RawOutcome) => void
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  #byteLength = 0
  #status: number | undefined
  #headers: Record<string, string> = {}
  #isUnwanted = false

  constructor(maxBytes: number, settle: (outcome: RawOutcome) => void) {
    this.#maxBytes = maxBytes
    this.#settle = settle
  }

  /** Whether a connection took the request. */
  get isSent(): boolean {
    return this.#controller !== undefined
  }

  /** Now, or as soon as a connection takes the request: undici has no way to take one out of a queue. */
  abort(): void {
    this.#isUnwanted = true
    this.#controller?.abort(new Error('the answer is no longer wanted'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isUnwanted) this.abort()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    if (status < 200) return
    this.#status = status
    for (const [name, value] of Object.entries(headers)) {
      this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value)
    }
    if (Number(this.#headers['content-length']) > this.#maxBytes) this.#giveUp(status)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#byteLength += chunk.byteLength
    if (this.#byteLength > this.#maxBytes) this.#giveUp(this.#status as number)
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#chunks, this.#byteLength)
    this.#settle({ kind: 'response', response: { status: this.#status as number, headers: this.#headers, body } })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  /** There will be no answer. */
  fail(error: Error): void {
    this.#chunks.length = 0
    this.#settle({ kind: 'broken', error, status: this.#status, retryAfter: this.#headers['retry-after'] })
  }

  #giveUp(status: number): void {
    this.#chunks.length = 0
    this.#settle({ kind: 'over-limit', status })
    this.abort()
  }
}
