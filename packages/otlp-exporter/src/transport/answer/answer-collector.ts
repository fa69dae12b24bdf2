// SPDX-License-Identifier: Apache-2.0
import type { Dispatcher } from 'undici'
import { isSuccess } from './answer-meaning.js'
import type { AnswerWatch } from './answer-watch.js'
import type { Answer, Seen } from './answer.js'

/** How much is read of the body of an answer that is not a success, in bytes: enough for an error message. */
const EXCERPT_BYTES = 16 * 1024
const NO_BYTES = Buffer.alloc(0)

/**
 * Reads the answer to one request to its end, so that the connection can serve the next request: undici starts no request on
 * a connection whose last body is unread. If the body exceeds the limit, the connection is destroyed instead. The collector
 * holds what it has read, so drop every reference to it once it has settled.
 */
export class AnswerCollector implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number
  readonly #watch: AnswerWatch
  readonly #settle: (answer: Answer) => void
  /** One buffer for all chunks, because there may be a chunk for every byte. The first `#bodyLength` bytes are filled. */
  #body = NO_BYTES
  #bodyLength = 0
  #controller: Dispatcher.DispatchController | undefined
  #status: number | undefined
  #headers: Record<string, string> = {}
  #isAborted = false
  #isSettled = false

  constructor(maxBytes: number, watch: AnswerWatch, settle: (answer: Answer) => void) {
    this.#maxBytes = maxBytes
    this.#watch = watch
    this.#settle = settle
  }

  /** Whether a connection has taken the request. */
  get isSent(): boolean {
    return this.#controller !== undefined
  }

  /** Aborts now, or as soon as a connection takes the request: undici cannot take a request out of its queue. */
  abort(): void {
    this.#isAborted = true
    this.#controller?.abort(new Error('the answer is no longer needed'))
  }

  /** Ends an answer whose rest is no longer awaited. Undefined if not even its status has arrived. */
  giveUp(): Answer | undefined {
    if (this.#isSettled || typeof this.#seen() !== 'number') return undefined
    const answer = this.#end('stalled')
    this.abort()
    return answer
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#watch.begin()
    if (this.#isAborted) this.abort()
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
    const isNeeded = isSuccess(this.#status as number)
    const limit = isNeeded ? this.#maxBytes : Math.min(EXCERPT_BYTES, this.#maxBytes)
    const isTooLong = this.#bodyLength + chunk.byteLength > limit
    if (isTooLong && isNeeded) {
      this.#stop('over-limit')
      return
    }
    this.#append(chunk, limit)
    if (isTooLong) this.#stop('excerpt')
  }

  onResponseEnd(): void {
    this.#end('whole')
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  /** No more of the answer will come. */
  fail(error: Error): void {
    this.#end('broken', error)
  }

  /** Appends as much of a chunk as the limit allows. */
  #append(chunk: Buffer, limit: number): void {
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

  #end(end: Answer['end'], error?: Error): Answer {
    const body = end === 'over-limit' ? NO_BYTES : this.#body.subarray(0, this.#bodyLength)
    const answer = { end, seen: this.#seen(error), headers: this.#headers, body, error }
    if (!this.#isSettled) {
      this.#isSettled = true
      this.#settle(answer)
    }
    return answer
  }

  #seen(error?: Error): Seen {
    // What the watch has seen belongs to an earlier request.
    if (!this.isSent) return 'unsent'
    if (this.#status !== undefined) return this.#status
    const { seen } = this.#watch
    if (seen !== 'silence') return seen
    return error !== undefined && isMalformed(error) ? 'garbage' : 'silence'
  }
}

/** Whether undici could not read the answer. With the application's dispatcher, its error is all that is known. */
function isMalformed({ name, code, message }: NodeJS.ErrnoException): boolean {
  if (code === 'UND_ERR_SOCKET') return /^bad (response|upgrade)$/.test(message)
  return name === 'HTTPParserError' || name === 'HeadersOverflowError' || name === 'ResponseContentLengthMismatchError'
}
