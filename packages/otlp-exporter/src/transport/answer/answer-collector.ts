// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici'
import type { AnswerWatch } from './answer-watch.js'
import { isSuccess } from './answer-meaning.js'
import type { Sight } from './answer-meaning.js'

/** How one request ended. Every one of them leaves the connection usable or destroyed. */
export interface RawOutcome {
  /**
   * - `whole`: the answer was read to its end
   * - `excerpt`: an answer that is no success, of which the beginning of the body is enough
   * - `over-limit`: a success whose body is over the limit, and was not read
   * - `stalled`: nobody waits for the rest of it
   * - `broken`: the connection or the rules of HTTP, before the end; `error` says how
   */
  readonly end: 'whole' | 'excerpt' | 'over-limit' | 'stalled' | 'broken'
  /** What was seen of the answer, whatever became of it then. */
  readonly seen: Sight
  /** Names in lower case; none where undici got no further than the status. */
  readonly headers: Readonly<Record<string, string>>
  /** As it came; all of it, or the beginning. */
  readonly body: Buffer
  readonly error: Error | undefined
}

/** What is read of the body of an answer that is no success, in bytes: enough for what a backend has to say. */
const EXCERPT_BYTES = 16 * 1024
const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the answer to one request to its end, so that the connection can serve the next one: undici starts nothing on a
 * connection whose last body nobody reads. Past the limit the connection is destroyed instead.
 */
export class ResponseCollector implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number
  readonly #watch: AnswerWatch
  readonly #settle: (outcome: RawOutcome) => void
  /** One for all chunks, of which there may be as many as bytes; the first `#bodyLength` are read. */
  #body = NO_BYTES
  #bodyLength = 0
  #controller: Dispatcher.DispatchController | undefined
  #status: number | undefined
  #headers: Record<string, string> = {}
  #isUnwanted = false
  #isSettled = false

  constructor(maxBytes: number, watch: AnswerWatch, settle: (outcome: RawOutcome) => void) {
    this.#maxBytes = maxBytes
    this.#watch = watch
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

  /** Nobody waits for the rest of the answer; undefined if there is not even a status. */
  giveUp(): RawOutcome | undefined {
    if (this.#isSettled || typeof this.#seen() !== 'number') return undefined
    const outcome = this.#end('stalled')
    this.abort()
    return outcome
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#watch.begin()
    if (this.#isUnwanted) this.abort()
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Record<string, unknown>): void {
    if (status < 200) return
    this.#status = status
    for (const [name, value] of Object.entries(headers)) {
      this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value)
    }
    if (isSuccess(status) && Number(this.#headers['content-length']) > this.#maxBytes) this.#stop('over-limit')
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return
    const isWanted = isSuccess(this.#status as number)
    const limit = isWanted ? this.#maxBytes : Math.min(EXCERPT_BYTES, this.#maxBytes)
    const isTooLong = this.#bodyLength + chunk.byteLength > limit
    if (isTooLong && isWanted) {
      this.#stop('over-limit')
      return
    }
    this.#keep(chunk, limit)
    if (isTooLong) this.#stop('excerpt')
  }

  onResponseEnd(): void {
    this.#end('whole')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  /** There will be no more of the answer. */
  fail(error: Error): void {
    this.#end('broken', error)
  }

  /** As much of it as the limit allows. */
  #keep(chunk: Buffer, limit: number): void {
    const byteLength = Math.min(this.#bodyLength + chunk.byteLength, limit)
    if (byteLength > this.#body.byteLength) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(byteLength, this.#body.byteLength * 2), limit))
      this.#body.copy(larger, 0, 0, this.#bodyLength)
      this.#body = larger
    }
    chunk.copy(this.#body, this.#bodyLength, 0, byteLength - this.#bodyLength)
    this.#bodyLength = byteLength
  }

  #stop(end: 'excerpt' | 'over-limit'): void {
    this.#end(end)
    this.abort()
  }

  /** undici may keep this object until its next request: what was read must not stay with it. */
  #end(end: RawOutcome['end'], error?: Error): RawOutcome {
    const body = end === 'over-limit' ? NO_BYTES : this.#body.subarray(0, this.#bodyLength)
    const outcome = { end, seen: this.#seen(error), headers: this.#headers, body, error }
    this.#body = NO_BYTES
    this.#bodyLength = 0
    this.#headers = {}
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#settle(outcome)
    }
    return outcome
  }

  #seen(error?: Error): Sight {
    // What was seen on the connection before is the answer to another request.
    if (!this.isSent) return 'unsent'
    if (this.#status !== undefined) return this.#status
    const { seen } = this.#watch
    if (seen !== 'nothing') return seen
    return error !== undefined && isMalformed(error) ? 'garbage' : 'silence'
  }
}

/** What undici says of an answer that it cannot read; all that is known of one through a dispatcher of the application's own. */
function isMalformed({ name, code, message }: NodeJS.ErrnoException): boolean {
  if (code === 'UND_ERR_SOCKET') return /^bad (response|upgrade)$/.test(message)
  return name === 'HTTPParserError' || name === 'HeadersOverflowError' || name === 'ResponseContentLengthMismatchError'
}
