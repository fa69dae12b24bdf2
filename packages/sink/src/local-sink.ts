// SPDX-License-Identifier: Apache-2.0
import { Connections } from './connections.js'
import type { GrpcReceiver } from './grpc-receiver.js'
import { HttpReceiver } from './http-receiver.js'
import { Intake } from './intake.js'
import type { ReceivedSpan } from './otlp/received-span.js'
import type { Reply } from './reply.js'
import type { Sink } from './sink.js'
import { type ResolvedSinkOptions, type SinkOptions, resolveOptions } from './sink-options.js'
import type { SinkStats } from './sink-stats.js'

/** Starts a sink in this process. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const sink = new LocalSink(resolveOptions(options))
  await sink.listen()
  return sink
}

/** A sink in this process. Call `listen` once, before anything else. */
class LocalSink implements Sink {
  readonly #options: ResolvedSinkOptions
  readonly #intake: Intake
  readonly #connections = new Connections()
  readonly #http: HttpReceiver
  #grpc: GrpcReceiver | undefined
  #closed: Promise<void> | undefined
  #origin = ''
  #grpcUrl: string | undefined

  constructor(options: ResolvedSinkOptions) {
    this.#options = options
    this.#intake = new Intake(options)
    this.#http = new HttpReceiver(this.#intake, this.#connections, options.maxBodyBytes)
  }

  async listen(): Promise<void> {
    this.#origin = await this.#http.listen(this.#options.port)
    if (!this.#options.grpc) return
    // Loaded only on demand, because it takes longer to load than all the rest together.
    const { GrpcReceiver } = await import('./grpc-receiver.js')
    this.#grpc = new GrpcReceiver(this.#intake, this.#connections, this.#options.maxBodyBytes)
    this.#grpcUrl = await this.#grpc.listen()
  }

  get url(): string {
    return `${this.#origin}/v1/traces`
  }

  get origin(): string {
    return this.#origin
  }

  get grpcUrl(): string | undefined {
    return this.#grpcUrl
  }

  async script(...replies: Reply[]): Promise<void> {
    this.#intake.script.set(replies)
  }

  async spans(): Promise<ReceivedSpan[]> {
    return this.#intake.ledger.spans()
  }

  async stats(): Promise<SinkStats> {
    return {
      ...this.#intake.ledger.counts(),
      connections: this.#connections.opened,
      openConnections: this.#connections.openCount,
      bytesOnTheWire: this.#connections.bytesRead,
    }
  }

  async waitForSpans(count: number, timeoutMillis: number = 5000): Promise<void> {
    if (this.#closed !== undefined) throw new Error('the sink is closed')
    if (this.#intake.ledger.deliveredCount >= count) return
    await this.#intake.waiters.wait(count, timeoutMillis, () => this.#progress())
  }

  async stopListening(): Promise<void> {
    await this.#http.close()
  }

  async listenAgain(): Promise<void> {
    await this.#http.listen(Number(new URL(this.#origin).port))
  }

  async reset(): Promise<void> {
    this.#intake.reset()
    this.#connections.reset()
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close()
    await this.#closed
  }

  async #close(): Promise<void> {
    this.#intake.waiters.failAll(new Error(`the sink was closed while waiting for spans; ${this.#progress()}`))
    const closing = Promise.all([this.#http.close(), this.#grpc?.close()])
    this.#connections.destroyAll()
    await closing
  }

  #progress(): string {
    const { delivered, rejected, refused, unanswered, waiting, requests } = this.#intake.ledger.counts()
    return `${delivered} were delivered (${rejected} rejected, ${refused} refused, ${unanswered} unanswered, ${waiting} waiting; ${requests} requests)`
  }
}
