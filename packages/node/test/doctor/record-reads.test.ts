// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest'
import { recordReads } from '../../src/doctor/record-reads.js'

function setup() {
  const read = new Set<string>()
  return { read, env: recordReads({ PATH: '/', OTEL_A: 'a', OTEL_B: 'b', SPANRING_C: 'c' }, read) }
}

describe('recordReads', () => {
  test('notes who asks for a name, also for one that is not set', () => {
    const { env, read } = setup()

    expect([env['PATH'], env['OTEL_A'], env['OTEL_D']]).toEqual(['/', 'a', undefined])
    expect([...read]).toEqual(['OTEL_A', 'OTEL_D'])
  })

  test.each<[string, (env: NodeJS.ProcessEnv) => unknown]>([
    ['a spread', (env) => ({ ...env })],
    ['Object.assign', (env) => Object.assign({}, env)],
    ['Object.entries', (env) => Object.entries(env)],
    [
      'for in',
      (env) => {
        for (const name in env) void env[name]
      },
    ],
    [
      'names, and values in another order',
      (env) =>
        Object.keys(env)
          .toReversed()
          .map((name) => env[name]),
    ],
  ])('does not take %s for reads', (_what, copy) => {
    const { env, read } = setup()
    void env['OTEL_A']
    copy(env)

    expect([...read]).toEqual(['OTEL_A'])
  })

  test('notes what is asked for while somebody lists the names, or after it', () => {
    const { env, read } = setup()
    for (const [name] of Object.entries(env)) if (name === 'PATH') void env['OTEL_B']
    Object.keys(env)
    void env['OTEL_A']

    expect([...read]).toEqual(['OTEL_B', 'OTEL_A'])
  })
})
