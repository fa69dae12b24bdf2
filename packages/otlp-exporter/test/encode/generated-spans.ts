// SPDX-License-Identifier: Apache-2.0
import type * as sdk2 from '@spanring/sdk-2'
import type { SeededRandom } from '@spanring/test-kit/random'
import type { ReadableSpan } from '../../src/readable-span.js'
import type { SdkLine } from './stock-serializers.js'

type Sdk = typeof sdk2
type Tracer = ReturnType<ReturnType<Sdk['createTracerProvider']>['getTracer']>
type Context = NonNullable<Parameters<Tracer['startSpan']>[2]>
type SpanContext = Parameters<Sdk['api']['trace']['setSpanContext']>[1]

const WORDS = [
  'order',
  'Zürich',
  '東京',
  '🚀 launch',
  'a"quoted"\\word',
  'tab\there',
  'nul\0byte',
  '',
  ' ',
  'é'.repeat(60),
  'x'.repeat(47),
  'x'.repeat(48),
  'x'.repeat(49),
  'y'.repeat(127),
  'z'.repeat(128),
  '\u2028',
  'l'.repeat(700),
  '\\udead',
] as const
const KEYS = [
  'http.request.method',
  'db.query.text',
  'k',
  'schlüssel',
  'constructor',
  'toString',
  '7',
  'k'.repeat(70),
  'k'.repeat(200),
  'a.b.c',
] as const
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  127,
  128,
  255,
  300,
  16_383,
  16_384,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 31),
  -(2 ** 53 - 1),
  0.1,
  -1.5,
  1e-300,
  123.456e-7,
] as const

export async function loadSdk(line: SdkLine): Promise<Sdk> {
  // The same names on purpose; their classes have private fields.
  return line === '2.12' ? import('@spanring/sdk-2') : ((await import('@spanring/sdk-3')) as unknown as Promise<Sdk>)
}

/** Spans made and ended by the SDK, of two resources and five scopes, with everything on them that it lets through. */
export function generateSpans(sdk: Sdk, count: number, random: SeededRandom): ReadableSpan[] {
  const spans: ReadableSpan[] = []
  const done = async (): Promise<void> => {}
  const collector = { onStart: () => {}, onEnd: (span: ReadableSpan) => void spans.push(span), forceFlush: done, shutdown: done }
  const providers = [
    sdk.createTracerProvider([collector], { 'service.instance.id': 'eins', 'process.command': 'naïve' }),
    new sdk.TracerProvider({
      spanProcessors: [collector],
      resource: sdk.resourceFromAttributes(
        { replicas: 3, zones: ['a', 'b'] },
        { schemaUrl: 'https://opentelemetry.io/schemas/1.38.0' },
      ),
      spanLimits: { attributeCountLimit: 6, eventCountLimit: 2, linkCountLimit: 2 },
    }),
  ]
  const tracers = providers.flatMap((provider) => [
    provider.getTracer('alpha', '1.2.3'),
    provider.getTracer('beta', undefined, { schemaUrl: 'https://example.com/schema' }),
    provider.getTracer('gamma', '0.0.1'),
  ])
  let parent: Context = sdk.api.ROOT_CONTEXT
  while (spans.length < count) {
    const context = random.chance(0.3) ? sdk.api.ROOT_CONTEXT : random.chance(0.2) ? remoteParent(sdk, random) : parent
    parent = endSpan(sdk, random.pick(tracers), context, random)
  }
  return spans
}

function endSpan(sdk: Sdk, tracer: Tracer, context: Context, random: SeededRandom): Context {
  const { SpanKind, SpanStatusCode, trace } = sdk.api
  const span = tracer.startSpan(
    random.pick(WORDS),
    {
      kind: random.pick([SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT, SpanKind.PRODUCER, SpanKind.CONSUMER]),
      attributes: attributes(sdk, random, 4),
      links: random.chance(0.2) ? Array.from({ length: 1 + random.below(4) }, () => link(sdk, random)) : [],
      startTime: [1_600_000_000 + random.below(2e8), random.below(1e9)],
    },
    context,
  )
  for (let i = random.below(4); i > 0; i--) span.setAttributes(attributes(sdk, random, 5))
  for (let i = random.chance(0.3) ? random.below(5) : 0; i > 0; i--) span.addEvent(random.pick(WORDS), attributes(sdk, random, 3))
  if (random.chance(0.1)) span.recordException(new Error(random.pick(WORDS)))
  if (random.chance(0.2)) span.setStatus({ code: random.pick([SpanStatusCode.OK, SpanStatusCode.ERROR]) })
  if (random.chance(0.1)) span.setStatus({ code: SpanStatusCode.ERROR, message: random.pick(WORDS) })
  span.end()
  return trace.setSpan(sdk.api.ROOT_CONTEXT, span)
}

function attributes(sdk: Sdk, random: SeededRandom, most: number): Record<string, string> {
  const result: Record<string, unknown> = Object.create(null)
  for (let i = random.below(most + 1); i > 0; i--) result[random.pick(KEYS) + (random.chance(0.3) ? i : '')] = value(sdk, random)
  // The SDK filters what it does not take.
  return result as Record<string, string>
}

function value(sdk: Sdk, random: SeededRandom, depth = 0): unknown {
  const anyValues = sdk.sdkLine.startsWith('3') ? 5 : 0
  switch (random.below(7 + (depth < 3 ? anyValues : 0))) {
    case 0:
    case 1:
      return random.pick(WORDS)
    case 2:
      return random.pick(NUMBERS)
    case 3:
      return random.below(1e6) - 5e5
    case 4:
      return random.chance(0.5)
    case 5:
      return Array.from({ length: random.below(20) }, () => random.pick(WORDS))
    case 6:
      return random.pick([[1, 2, 3], [0.5, -1], [true, false], [], [null, 'a', undefined]])
    case 7:
      return Uint8Array.from({ length: random.below(300) }, () => random.below(256))
    case 8:
      return null
    case 9:
      return Array.from({ length: random.below(4) }, () => value(sdk, random, depth + 1))
    default:
      return { a: value(sdk, random, depth + 1), [random.pick(KEYS)]: value(sdk, random, depth + 1) }
  }
}

function remoteParent(sdk: Sdk, random: SeededRandom): Context {
  return sdk.api.trace.setSpanContext(sdk.api.ROOT_CONTEXT, { ...spanContext(sdk, random), isRemote: true })
}

function spanContext(sdk: Sdk, random: SeededRandom): SpanContext {
  return {
    traceId: `1${random.hex(31)}`,
    spanId: `2${random.hex(15)}`,
    traceFlags: 1,
    ...(random.chance(0.5) && { isRemote: random.chance(0.5) }),
    ...(random.chance(0.5) && { traceState: sdk.api.createTraceState(`vendor=${random.hex(8)},other=1`) }),
  }
}

function link(sdk: Sdk, random: SeededRandom): { context: SpanContext; attributes?: Record<string, string> } {
  return { context: spanContext(sdk, random), ...(random.chance(0.5) && { attributes: attributes(sdk, random, 3) }) }
}
