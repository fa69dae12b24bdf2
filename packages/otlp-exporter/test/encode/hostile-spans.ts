// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'
import type { ReadableSpan } from '../../src/readable-span.js'
import { hostileKey, hostileValue } from './hostile-values.js'
import { plainSpan } from './plain-span.js'

const FIELDS = [
  'name',
  'kind',
  'spanContext',
  'parentSpanContext',
  'parentSpanId',
  'startTime',
  'endTime',
  'status',
  'attributes',
  'links',
  'events',
  'resource',
  'instrumentationScope',
  'instrumentationLibrary',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
] as const

/** A span with a good id, most of the time, and with one or more parts that no SDK would make. */
export function hostileSpan(random: SeededRandom): ReadableSpan {
  const parts: Record<string, unknown> = { spanContext: contextOf(random, 0.03), attributes: attributes(random, 6) }
  if (random.chance(0.3)) parts['events'] = Array.from({ length: random.below(4) }, () => event(random))
  if (random.chance(0.3)) parts['links'] = Array.from({ length: random.below(4) }, () => link(random))
  if (random.chance(0.2)) parts['parentSpanId'] = random.chance(0.5) ? random.hex(16) : hostileId(random)
  if (random.chance(0.2)) parts['parentSpanContext'] = contextOf(random, 0.5)()
  if (random.chance(0.2))
    parts['status'] = { code: random.pick([0, 1, 2, 3, -1, '1', NaN, null]), message: maybe(random, 'failed') }
  if (random.chance(0.2)) parts[random.chance(0.5) ? 'startTime' : 'endTime'] = time(random)
  if (random.chance(0.1))
    parts['resource'] = { attributes: attributes(random, 4), schemaUrl: maybe(random, 'https://example.com') }
  if (random.chance(0.1))
    parts['instrumentationScope'] = {
      name: maybe(random, 'scope'),
      version: maybe(random, '1'),
      attributes: attributes(random, 3),
    }
  if (random.chance(0.3)) parts[random.pick(FIELDS)] = hostileValue(random)
  const span = plainSpan(parts)
  if (random.chance(0.1)) {
    const field = random.pick(FIELDS)
    Object.defineProperty(span, field, {
      get: () => {
        throw new Error(`no ${field}`)
      },
    })
  }
  return span
}

function attributes(random: SeededRandom, most: number): Record<string, unknown> {
  const result: Record<string, unknown> = random.chance(0.9) ? {} : Object.create(null)
  for (let i = random.below(most); i > 0; i--) {
    const key = hostileKey(random) + i
    const value = hostileValue(random)
    if (random.chance(0.97)) result[key] = value
    else
      Object.defineProperty(result, key, {
        enumerable: true,
        get: () => {
          throw new Error('no attribute')
        },
      })
  }
  return result
}

function event(random: SeededRandom): unknown {
  if (random.chance(0.05)) return hostileValue(random)
  return {
    name: maybe(random, 'event'),
    time: time(random),
    attributes: attributes(random, 3),
    droppedAttributesCount: maybe(random, 2),
  }
}

function link(random: SeededRandom): unknown {
  if (random.chance(0.05)) return hostileValue(random)
  return { context: contextOf(random, 0.2)(), attributes: attributes(random, 3), droppedAttributesCount: maybe(random, 3) }
}

function contextOf(random: SeededRandom, hostile: number): () => unknown {
  const context = {
    traceId: random.chance(hostile) ? hostileId(random) : `1${random.hex(31)}`,
    spanId: random.chance(hostile) ? hostileId(random) : `1${random.hex(15)}`,
    traceFlags: maybe(random, 1),
    isRemote: maybe(random, true),
    traceState: random.chance(0.8)
      ? undefined
      : random.pick([null, 'state', {}, { serialize: () => hostileValue(random) }, { serialize: () => 'a=b' }]),
  }
  return () => context
}

function hostileId(random: SeededRandom): unknown {
  return random.pick([
    '',
    '0'.repeat(32),
    '0'.repeat(16),
    'xyz',
    'A'.repeat(16),
    'F'.repeat(32),
    'g'.repeat(32),
    'é'.repeat(16),
    '１'.repeat(16),
    12,
    null,
    undefined,
    {},
    ['a'],
    random.hex(15),
    random.hex(33),
  ])
}

function time(random: SeededRandom): unknown {
  return random.pick<unknown>([
    [0, 0],
    [1, 1e9],
    [1.5, 2.5],
    [-1, 0],
    [0, -1],
    [NaN, NaN],
    [Infinity, 0],
    [2 ** 53, 1],
    [18_446_744_073, 709_551_615],
    [18_446_744_073, 709_551_616],
    [4_611_686_018, 427_387_904],
    [4_611_686_019, 4_294_967_295],
    [1n, 1n],
    ['1', '2'],
    [],
    'now',
    1_763_700_000_000,
    new Date(0),
    null,
    undefined,
    { 0: 5, 1: 6 },
  ])
}

function maybe(random: SeededRandom, usual: unknown): unknown {
  return random.chance(0.9) ? usual : hostileValue(random)
}
