// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'

type MakeValue = (random: SeededRandom) => unknown

function fails(): never {
  throw new Error('hostile')
}

function cyclic(): object {
  const map: Record<string, unknown> = { name: 'cyclic' }
  map['self'] = map
  map['again'] = [map, map]
  return map
}

function shrinking(): unknown[] {
  const list: unknown[] = [1, 2, 3, 4]
  Object.defineProperty(list, 1, { enumerable: true, get: () => ((list.length = 2), 'shrunk') })
  return list
}

function growing(): unknown[] {
  const list: unknown[] = [1]
  Object.defineProperty(list, 0, { enumerable: true, get: () => (list.push(list.length), 'grown') })
  return list
}

function endless(): unknown[] {
  return new Proxy([0], { get: (target, key) => (key === 'length' ? 2 ** 31 : Reflect.get(target, key)) })
}

function revoked(of: object): unknown {
  const { proxy, revoke } = Proxy.revocable(of, {})
  revoke()
  return proxy
}

function deep(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? { value } : [value]
  return value
}

class LyingBytes extends Uint8Array {
  override get length(): number {
    return 2
  }
}

function faked(prototype: object): object {
  return Object.create(prototype)
}

/** Everything that JavaScript lets somebody put on a span. */
export const HOSTILE_VALUES: readonly MakeValue[] = [
  () => 'lone \ud800 surrogate',
  () => '\udfff',
  () => `${'x'.repeat(60)}\ud83d`,
  () => 'a\\ud800 that is none',
  () => NaN,
  () => Infinity,
  () => -Infinity,
  () => -0,
  () => 2 ** 63,
  () => -(2 ** 63),
  () => 1e300,
  () => 5e-324,
  () => 2n ** 63n - 1n,
  () => -(2n ** 63n),
  () => 2n ** 63n,
  () => -(10n ** 40n),
  () => () => 'function',
  () => fails,
  () => Symbol('symbol'),
  () => undefined,
  () => null,
  () => new Date(0),
  () => new Date(NaN),
  () => /regexp/g,
  () => new Map([['a', 1]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => new Error('an error'),
  () => Object(Symbol('boxed')),
  () => Object('boxed'),
  () => Object(1n),
  () => Object.create(null),
  () => Object.assign(Object.create(null), { a: 1, __proto__: 2 }),
  () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  () => Object.create({ inherited: 1 }),
  () => ({
    get fails() {
      return fails()
    },
    fine: 1,
  }),
  () => ({ toJSON: fails, toString: fails, valueOf: fails }),
  () => ({ [Symbol.toPrimitive]: fails, [Symbol.iterator]: fails, length: 3 }),
  () => shrinking(),
  () => revoked({}),
  () => revoked([]),
  () => new Proxy({ a: 1 }, { ownKeys: fails }),
  () => new Proxy({ a: 1 }, { get: fails }),
  () => new Proxy({ a: 1 }, { getOwnPropertyDescriptor: fails }),
  () => new Proxy({ a: 1 }, { getPrototypeOf: fails }),
  () => new Proxy([1, 2], { get: fails }),
  () => new Proxy(new Uint8Array(4), {}),
  // oxlint-disable-next-line no-sparse-arrays -- that is the point
  () => [1, , 'a', , null, true, 1.5, [2n], { b: undefined }],
  () => Array.from({ length: 100 }),
  () => Object.assign([1, 2], { extra: 3 }),
  () => Object.assign([], { length: 3 }),
  () => new Uint8Array([0, 127, 128, 255]),
  () => Buffer.from('bytes'),
  () => new LyingBytes(8),
  () => faked(Uint8Array.prototype),
  () => faked(Array.prototype),
  () => new Float64Array([1, NaN]),
  () => new BigInt64Array([1n, -1n]),
  () => new Uint8ClampedArray(3),
  () => new ArrayBuffer(8),
  () => new DataView(new ArrayBuffer(8)),
  () => deep(29),
  () => deep(31),
  () => deep(1000),
  () => globalThis.process.versions,
  () => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`key ${i}`, i])),
  (random) => 'x'.repeat(random.below(300)),
  (random) => 'é'.repeat(random.below(300)),
  (random) => Array.from({ length: random.below(40) }, () => String.fromCharCode(random.below(0x1_0000))).join(''),
  (random) => random.next() * 10 ** (random.below(40) - 10),
  (random) => Math.trunc((random.next() - 0.5) * 2 ** random.below(70)),
  (random) => BigInt.asIntN(1 + random.below(80), BigInt(Math.floor(random.next() * 2 ** 53)) ** 2n),
  (random) => new Uint8Array(random.below(400)),
]

/** Those that go on until a limit stops them, milliseconds later; once in a while is enough. */
export const ENDLESS_VALUES: readonly MakeValue[] = [cyclic, growing, endless]

export function hostileValue(random: SeededRandom, depth = 0): unknown {
  if (depth < 4 && random.chance(0.15)) {
    const count = random.below(5)
    const values = Array.from({ length: count }, () => hostileValue(random, depth + 1))
    return random.chance(0.5) ? values : Object.fromEntries(values.map((value, i) => [hostileKey(random) + i, value]))
  }
  return random.pick(random.chance(0.0005) ? ENDLESS_VALUES : HOSTILE_VALUES)(random)
}

export function hostileKey(random: SeededRandom): string {
  return random.pick(['', '__proto__', 'constructor', '\ud800', 'k'.repeat(70), 'k'.repeat(150), 'ключ', '"', 'plain', '0'])
}
