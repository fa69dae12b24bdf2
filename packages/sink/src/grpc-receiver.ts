// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { type Server as NetServer, type Socket, createServer } from 'node:net'
import {
  Metadata,
  type StatusObject,
  type status as GrpcStatus,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type handleUnaryCall,
} from '@grpc/grpc-js'
import type { Connections } from './connections.js'
import type { Exchange } from './exchange.js'
import type { Intake } from './intake.js'
import { listen } from './listen.js'
import { exportResponse, grpcCode } from './otlp/export-response.js'
import { pause } from './pause.js'
import { RefusedRequest } from './refused-request.js'

type ExportHandler = handleUnaryCall<Buffer, Uint8Array>
type ExportCall = Parameters<ExportHandler>[0]
type ExportCallback = Parameters<ExportHandler>[1]

// The bytes are passed through, because the sink has its own decoder.
const traceService: ServiceDefinition = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
    responseDeserialize: (bytes: Buffer) => bytes,
  },
}

/** OTLP/gRPC on loopback, with the same script and counters as OTLP/HTTP. */
export class GrpcReceiver {
  readonly #intake: Intake
  readonly #server: Server
  readonly #listener: NetServer
  readonly #sockets = new Map<string, Socket>()

  constructor(intake: Intake, connections: Connections, maxBodyBytes: number) {
    this.#intake = intake
    this.#server = new Server({ 'grpc.max_receive_message_length': maxBodyBytes })
    const exportSpans: ExportHandler = (call, callback) => {
      void this.#export(call, callback)
    }
    this.#server.addService(traceService, { Export: exportSpans })
    // Connections are accepted here and handed on, so that they can be counted and destroyed.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure())
    this.#listener = createServer((socket) => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`
      this.#sockets.set(peer, socket)
      socket.setNoDelay().once('close', () => this.#sockets.delete(peer))
      injector.injectConnection(socket)
    })
    connections.track(this.#listener)
  }

  async listen(): Promise<string> {
    return listen(this.#listener, 0)
  }

  async close(): Promise<void> {
    const closed = once(this.#listener, 'close')
    this.#listener.close()
    this.#server.forceShutdown()
    for (const socket of this.#sockets.values()) socket.destroy()
    await closed
  }

  async #export(call: ExportCall, callback: ExportCallback): Promise<void> {
    const exchange = this.#intake.open(headersOf(call.metadata))
    call.once('cancelled', () => {
      exchange.unanswered()
    })
    const refused = receive(call.request, exchange)
    const { fault, status = 200, delayMillis = 0 } = exchange.reply
    if (refused !== undefined && fault === undefined && status < 300) {
      callback(failure(refused.status, refused.message))
      return
    }
    await pause(delayMillis, call, 'cancelled')
    if (call.cancelled) return
    if (fault === undefined) answer(exchange, callback)
    else this.#break(call, exchange)
  }

  /** grpc-js sends a response as a whole, so here `drip` sends the headers and never ends. */
  #break(call: ExportCall, exchange: Exchange): void {
    const { fault } = exchange.reply
    if (fault === 'never') return
    if (fault === 'drip' || fault === 'cut-after-headers') call.sendMetadata(scriptedMetadata(exchange))
    if (fault === 'drip') return
    exchange.unanswered()
    const socket = this.#sockets.get(call.getPeer())
    // In the next iteration of the event loop, when the headers have been written.
    setImmediate(() => socket?.destroy())
  }
}

function receive(body: Buffer, exchange: Exchange): RefusedRequest | undefined {
  if (exchange.reply.fault === 'cut-in-request') return undefined
  try {
    exchange.receive(body, 'protobuf')
    return undefined
  } catch (error) {
    if (!(error instanceof RefusedRequest)) throw error
    exchange.refuse(error)
    return error
  }
}

function answer(exchange: Exchange, callback: ExportCallback): void {
  const { status = 200, body, partialSuccess } = exchange.reply
  exchange.answered(status)
  if (status >= 300) {
    const details = typeof body === 'string' ? body : `the sink was told to answer ${status}`
    callback(failure(status, details, scriptedMetadata(exchange)))
  } else {
    callback(
      null,
      body === undefined ? exportResponse('protobuf', partialSuccess) : Buffer.from(body),
      scriptedMetadata(exchange),
    )
  }
}

function failure(status: number, details: string, metadata: Metadata = new Metadata()): Partial<StatusObject> {
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the enum of grpc-js is these numbers
  const code: GrpcStatus = grpcCode(status)
  return { code, details, metadata }
}

function scriptedMetadata(exchange: Exchange): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(exchange.reply.headers ?? {})) metadata.set(name, value)
  return metadata
}

function headersOf(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, value.toString()]))
}
