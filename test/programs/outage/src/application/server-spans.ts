// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Sdk, Tracer } from '@spanring/sdk-lines'
import { SeededRandom } from '@spanring/test-kit/random'

/** By it the backend knows a span, whichever process has ended it. */
export const INDEX_ATTRIBUTE = 'outage.index'

type Attributes = Record<string, string | number>
type SpanOptions = Required<NonNullable<Parameters<Tracer['startSpan']>[1]>>
type SpanStatus = Parameters<ReturnType<Tracer['startSpan']>['setStatus']>[0]
type SpanProcessor = ReturnType<Sdk['createStockProcessor']>

/** Of a span that a server has recorded, what an instrumentation gave to the API. */
interface Recorded {
  readonly name: string
  /** As the API numbers them. */
  readonly kind: SpanOptions['kind']
  readonly attributes: Attributes
  readonly status: SpanStatus
  readonly events: readonly { readonly name: string; readonly attributes: Attributes }[]
  readonly instrumentationScope: { readonly name: string; readonly version: string }
}

const SEED = 20_261_201
const RECORDING = 'test/encode/fixtures/recorded-spans.jsonl'

/**
 * Ends spans like those of a server: requests, framework, database and clients as they were recorded, in traces of their own,
 * with peers, paths and ids that differ from span to span.
 */
export function createServerSpans(
  sdk: Sdk,
  processor: SpanProcessor,
): { readonly end: (index: number) => void; readonly provider: Provider } {
  const { api } = sdk
  const provider = sdk.createTracerProvider([processor], { 'service.name': 'orders' })
  const recorded = readRecording()
  const tracers = recorded.map(({ instrumentationScope: { name, version } }) => provider.getTracer(name, version))
  const random = new SeededRandom(SEED)
  let parent = api.ROOT_CONTEXT
  let position = 0
  return {
    provider,
    end(index) {
      const { name, kind, attributes, status, events } = recorded[position]!
      const isRoot = kind === api.SpanKind.SERVER
      const span = tracers[position]!.startSpan(name, { kind, attributes }, isRoot ? api.ROOT_CONTEXT : parent)
      position = (position + 1) % recorded.length
      if (isRoot) {
        parent = api.trace.setSpanContext(api.ROOT_CONTEXT, span.spanContext())
        span.setAttribute('client.address', `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`)
        span.setAttribute('network.peer.port', random.between(1024, 65_535))
        span.setAttribute('url.path', `/orders/${random.below(1_000_000)}`)
      } else {
        span.setAttribute('order.id', random.below(1_000_000))
      }
      span.setAttribute(INDEX_ATTRIBUTE, index)
      if (status.code !== api.SpanStatusCode.UNSET) span.setStatus(status)
      for (const event of events) span.addEvent(event.name, event.attributes)
      span.end()
    },
  }
}

type Provider = ReturnType<Sdk['createTracerProvider']>

function readRecording(): Recorded[] {
  const exporter = createRequire(import.meta.url).resolve('@spanring/otlp-exporter/package.json')
  const text = readFileSync(new URL(RECORDING, `file://${exporter}`), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
}
