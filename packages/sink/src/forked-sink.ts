// SPDX-License-Identifier: Apache-2.0
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ForkAddresses, ForkAnswer, ForkCall, ForkRequest, ForkResult } from './fork-message.js'
import type { ReceivedSpan } from './otlp/received-span.js'
import type { Reply } from './reply.js'
import type { Sink } from './sink.js'
import type { SinkOptions } from './sink-options.js'
import type { SinkStats } from './sink-stats.js'

type Result = ForkResult & { readonly spans: ReceivedSpan[] }

interface Pending {
  readonly spans: ReceivedSpan[]
  readonly resolve: (result: Result) => void
  readonly reject: (error: Error) => void
}

/** A client of a sink in another process. Call `start` once, before anything else. */
export class ForkedSink implements Sink {
  readonly #child: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #addresses: ForkAddresses = { url: '', origin: '', grpcUrl: undefined }
  #closed: Promise<void> | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- sink-process.ts is at the other end of this channel
      this.#settle(answer as ForkAnswer)
    })
    child.once('exit', (code, signal) => {
      this.#failAll(new Error(`the sink process has ended (${signal ?? `exit code ${code}`})`))
    })
    child.once('error', (error) => {
      this.#failAll(error)
    })
  }

  async start(options: SinkOptions): Promise<void> {
    const { addresses } = await this.#call({ method: 'start', args: [options] })
    this.#addresses = addresses ?? this.#addresses
  }

  get url(): string {
    return this.#addresses.url
  }

  get origin(): string {
    return this.#addresses.origin
  }

  get grpcUrl(): string | undefined {
    return this.#addresses.grpcUrl
  }

  async script(...replies: Reply[]): Promise<void> {
    await this.#call({ method: 'script', args: replies })
  }

  async spans(): Promise<ReceivedSpan[]> {
    return (await this.#call({ method: 'spans', args: [] })).spans
  }

  async stats(): Promise<SinkStats> {
    const { stats } = await this.#call({ method: 'stats', args: [] })
    if (stats === undefined) throw new Error('the sink process returned no stats')
    return stats
  }

  async waitForSpans(count: number, timeoutMillis: number = 5000): Promise<void> {
    await this.#call({ method: 'waitForSpans', args: [count, timeoutMillis] })
  }

  async stopListening(): Promise<void> {
    await this.#call({ method: 'stopListening', args: [] })
  }

  async listenAgain(): Promise<void> {
    await this.#call({ method: 'listenAgain', args: [] })
  }

  async reset(): Promise<void> {
    await this.#call({ method: 'reset', args: [] })
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  /** Kills the process, as an operating system may. No request is answered any more, and nothing is closed properly. */
  async kill(): Promise<void> {
    this.#closed ??= Promise.resolve()
    if (this.#hasEnded()) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async #close(): Promise<void> {
    if (this.#hasEnded()) return
    const ended = once(this.#child, 'exit')
    // A process that has died meanwhile counts as closed.
    await this.#call({ method: 'close', args: [] }).catch(() => {})
    if (this.#child.connected) this.#child.disconnect()
    await ended
  }

  async #call(request: ForkRequest): Promise<Result> {
    if (this.#hasEnded() || !this.#child.connected) throw new Error('the sink is closed')
    const call: ForkCall = { ...request, id: ++this.#lastId }
    return new Promise((resolve, reject) => {
      this.#pending.set(call.id, { spans: [], resolve, reject })
      this.#child.send(call, (error) => {
        if (error === null) return
        this.#pending.delete(call.id)
        reject(error)
      })
    })
  }

  #settle(answer: ForkAnswer): void {
    const pending = this.#pending.get(answer.id)
    if (pending === undefined) return
    if ('part' in answer) {
      for (const span of answer.part) pending.spans.push(span)
      return
    }
    this.#pending.delete(answer.id)
    if ('result' in answer) pending.resolve({ ...answer.result, spans: pending.spans })
    else pending.reject(answer.errorName === 'RangeError' ? new RangeError(answer.error) : new Error(answer.error))
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
