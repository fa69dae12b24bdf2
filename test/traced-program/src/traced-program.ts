// SPDX-License-Identifier: Apache-2.0
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { Context, HrTime, Span, SpanContext, TraceState, Tracer } from '@opentelemetry/api'
import type { ReadableSpan } from '@spanring/batch-span-processor'
import { SeededIdGenerator } from './seeded-id-generator.js'

/** 2026-01-01T00:00:00Z, in seconds. */
const START_SECONDS = 1_767_225_600
const REQUESTS = 110
/** Every eleventh request has a parent from elsewhere that is not sampled. */
const UNSAMPLED_EVERY = 11

/** `SamplingDecision`; both SDK lines number it alike. */
const NOT_RECORD = 0
const RECORD = 1
const RECORD_AND_SAMPLED = 2

export interface TracedProgram {
  /** Ids of the sampled spans, in the order in which they ended. */
  readonly spanIds: readonly string[]
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** What the program needs of an SDK line, said by shape: the lines have classes of their own for the same thing. */
export interface TracedSdk {
  readonly api: {
    readonly ROOT_CONTEXT: Context
    readonly TraceFlags: { readonly NONE: 0; readonly SAMPLED: 1 }
    readonly createTraceState: (rawTraceState: string) => TraceState
    readonly trace: {
      readonly getSpanContext: (context: Context) => SpanContext | undefined
      readonly setSpan: (context: Context, span: Span) => Context
      readonly setSpanContext: (context: Context, spanContext: SpanContext) => Context
    }
  }
  readonly resourceFromAttributes: (attributes: Record<string, string | string[]>) => unknown
  readonly TracerProvider: new (config: never) => {
    getTracer(name: string, version?: string, options?: { schemaUrl?: string }): Tracer
    forceFlush(): Promise<void>
    shutdown(): Promise<void>
  }
}

/** What both the stock processor and its replacement are to a provider of either line. */
export interface SwappableProcessor {
  onStart(span: never, parentContext: never): void
  onEnd(span: never): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/**
 * A shop under load, the same to the last bit in each run: nested spans, events, links, status, attributes of every
 * type, parents from elsewhere, unsampled and merely recorded spans. Ids and times do not come from the machine. All
 * of it runs in one synchronous stretch.
 */
export function runTracedProgram(sdk: TracedSdk, processor: SwappableProcessor): TracedProgram {
  const spanIds: string[] = []
  const recorder = {
    onStart() {},
    onEnd(span: ReadableSpan) {
      const { spanId, traceFlags } = span.spanContext()
      if (traceFlags & sdk.api.TraceFlags.SAMPLED) spanIds.push(spanId)
    },
    async forceFlush() {},
    async shutdown() {},
  }
  const resource = sdk.resourceFromAttributes({ 'service.name': 'shop', 'process.command_args': ['node', 'shop.js'] })
  const provider = new sdk.TracerProvider({
    idGenerator: new SeededIdGenerator(7),
    resource,
    sampler: {
      shouldSample: (context: Context, _traceId: string, name: string) => ({
        decision: decide(sdk.api.trace.getSpanContext(context), name),
      }),
    },
    spanProcessors: [recorder, processor],
  } as never)
  const shop = new Shop(
    sdk,
    provider.getTracer('shop-server', '1.2.3', { schemaUrl: 'https://opentelemetry.io/schemas/1.27.0' }),
    provider.getTracer('shop-database'),
  )
  for (let request = 0; request < REQUESTS; request++) shop.serve(request)
  return { spanIds, forceFlush: () => provider.forceFlush(), shutdown: () => provider.shutdown() }
}

function decide(parent: SpanContext | undefined, name: string): number {
  if (parent !== undefined && (parent.traceFlags & 1) === 0) return NOT_RECORD
  return name === 'cache lookup' ? RECORD : RECORD_AND_SAMPLED
}

class Shop {
  readonly #api: TracedSdk['api']
  readonly #server: Tracer
  readonly #database: Tracer
  #micros = 0
  #lastOrder: Span | undefined

  constructor(sdk: TracedSdk, server: Tracer, database: Tracer) {
    this.#api = sdk.api
    this.#server = server
    this.#database = database
  }

  /** Seven sampled spans and one that is only recorded; none at all under an unsampled parent. */
  serve(request: number): void {
    const links = this.#lastOrder
      ? [{ context: this.#lastOrder.spanContext(), attributes: { 'link.reason': 'retry', hop: 1 } }]
      : []
    const server = this.#server.startSpan(
      'POST /orders',
      { kind: SpanKind.SERVER, startTime: this.#now(), attributes: attributesOfEveryType(request), links },
      this.#remoteParent(request),
    )
    const inServer = this.#api.trace.setSpan(this.#api.ROOT_CONTEXT, server)
    this.#child(this.#server, 'cache lookup', inServer, SpanKind.INTERNAL).end(this.#now())

    const order = this.#child(this.#server, 'create order', inServer, SpanKind.INTERNAL)
    const inOrder = this.#api.trace.setSpan(inServer, order)
    for (const statement of ['BEGIN', 'SELECT', 'INSERT', 'COMMIT']) {
      const query = this.#child(this.#database, statement, inOrder, SpanKind.CLIENT)
      query.setAttribute('db.query.text', `${statement} – ${request} … ✓ 🙂`)
      query.setStatus({ code: SpanStatusCode.OK })
      query.end(this.#now())
    }
    order.addEvent('stock reserved', { item: 'ü-1', count: 3, weights: [0.5, 1.25] }, this.#now())
    order.addEvent('mail queued', this.#now())
    order.end(this.#now())

    const publish = this.#child(this.#server, 'orders publish', inServer, SpanKind.PRODUCER)
    publish.addLink({ context: order.spanContext(), attributes: { position: request } })
    publish.recordException(
      { name: 'BrokerError', message: 'connection reset', stack: 'BrokerError: connection reset' },
      this.#now(),
    )
    publish.setStatus({ code: SpanStatusCode.ERROR, message: 'connection reset' })
    publish.end(this.#now())

    server.updateName('POST /orders/:id')
    server.end(this.#now())
    this.#lastOrder = order
  }

  #child(tracer: Tracer, name: string, parent: Context, kind: SpanKind): Span {
    return tracer.startSpan(name, { kind, startTime: this.#now() }, parent)
  }

  /** A third of the requests comes with a parent, with trace state and from another process. */
  #remoteParent(request: number): Context {
    const { ROOT_CONTEXT, TraceFlags, createTraceState, trace } = this.#api
    const isUnsampled = request % UNSAMPLED_EVERY === 0
    if (request % 3 !== 0 && !isUnsampled) return ROOT_CONTEXT
    return trace.setSpanContext(ROOT_CONTEXT, {
      traceId: `c0ffee${request.toString(16).padStart(26, '0')}`,
      spanId: `beef${request.toString(16).padStart(12, '0')}`,
      traceFlags: isUnsampled ? TraceFlags.NONE : TraceFlags.SAMPLED,
      traceState: createTraceState('vendor=value,other=1'),
      isRemote: true,
    })
  }

  #now(): HrTime {
    this.#micros += 17
    return [START_SECONDS + Math.floor(this.#micros / 1e6), (this.#micros % 1e6) * 1000 + 123]
  }
}

function attributesOfEveryType(
  request: number,
): Record<string, string | number | boolean | (string | null)[] | number[] | boolean[]> {
  return {
    'url.path': '/orders',
    empty: '',
    'request.number': request,
    negative: -1,
    'beyond 32 bits': 2 ** 40 + request,
    fraction: 0.1 + request,
    flag: request % 2 === 0,
    strings: ['a', null, 'ç'],
    integers: [1, -2, 3],
    fractions: [0.5, -1e-300],
    flags: [true, false],
    'empty list': [],
  }
}
