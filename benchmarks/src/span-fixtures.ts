// SPDX-License-Identifier: Apache-2.0
import { SeededRandom } from '@spanring/test-kit/random'

export interface SpanFixture {
  readonly name: string
  readonly kind: (typeof KINDS)[number]
  /** Each key and each value of 20 characters. */
  readonly attributes: Readonly<Record<string, string>>
  /** A root starts a new trace; any other is a child of the span before it. */
  readonly isRoot: boolean
}

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const
/** What the specification asks of a benchmark. */
const ATTRIBUTES_PER_SPAN = 10
const TEXT_LENGTH = 20
/** Enough for every span to have its own selection and order, and few enough to look like an application's vocabulary. */
const KEY_COUNT = 144
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/**
 * Spans as data, the same for the same seed. Names, keys and their order differ from span to span: with one fixture for
 * all, V8 would compile serialisers for that one shape and every contender would look better than in an application.
 */
export function spanFixtures(seed: number, count: number, attributesPerSpan: number = ATTRIBUTES_PER_SPAN): SpanFixture[] {
  const random = new SeededRandom(seed)
  const keys = Array.from({ length: attributesPerSpan <= ATTRIBUTES_PER_SPAN ? KEY_COUNT / 3 : KEY_COUNT }, () =>
    text(random, LETTERS + '._'),
  )
  return Array.from({ length: count }, (_, index) => ({
    name: text(random, LETTERS).slice(0, 4 + random.below(16)),
    kind: random.pick(KINDS),
    attributes: attributes(random, keys, attributesPerSpan),
    isRoot: index === 0 || random.chance(0.25),
  }))
}

function attributes(random: SeededRandom, keys: readonly string[], count: number): Record<string, string> {
  const left = [...keys]
  const result: Record<string, string> = {}
  for (let i = 0; i < count; i++) {
    const [key = ''] = left.splice(random.below(left.length), 1)
    result[key] = text(random, LETTERS + LETTERS.toUpperCase() + '0123456789-/ ')
  }
  return result
}

function text(random: SeededRandom, alphabet: string): string {
  return Array.from({ length: TEXT_LENGTH }, () => alphabet.charAt(random.below(alphabet.length))).join('')
}
