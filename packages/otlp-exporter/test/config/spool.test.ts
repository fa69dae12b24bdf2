// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path'
import { captureDiag } from '@spanring/test-kit/diag'
import { expect, test } from 'vitest'
import { resolveSpool } from '../../src/config/spool.js'

const DIRECTORY = 'SPANRING_SPOOL_DIRECTORY'
const MAX_BYTES = 'SPANRING_SPOOL_MAX_BYTES'
const DEFAULTS = { maxBytes: 2 ** 29, maxAgeMillis: 86_400_000 }

test('there is no spool without a directory, nor with false', () => {
  expect(resolveSpool(undefined, {})).toBeUndefined()
  expect(resolveSpool(null, { [MAX_BYTES]: '1000000' })).toBeUndefined()
  expect(resolveSpool(false, { [DIRECTORY]: '/spool' })).toBeUndefined()
})

test('the option comes before the environment, and a relative directory is that of the start', () => {
  expect(resolveSpool(undefined, { [DIRECTORY]: ' /spool ' })).toEqual({ ...DEFAULTS, directory: '/spool' })
  expect(resolveSpool({ directory: 'spool' }, { [DIRECTORY]: '/other' })).toEqual({ ...DEFAULTS, directory: resolve('spool') })
  expect(resolveSpool({ directory: '/a', maxBytes: 2 ** 21, maxAgeMillis: 5 }, { [MAX_BYTES]: '3000000' })).toEqual({
    directory: '/a',
    maxBytes: 2 ** 21,
    maxAgeMillis: 5,
  })
  expect(resolveSpool({}, { [DIRECTORY]: '/spool', [MAX_BYTES]: '3000000' })?.maxBytes).toBe(3_000_000)
})

const throwing = {
  get directory(): string {
    throw new Error('boom')
  },
}

test.each([
  [true, {}, undefined, /spool is true; must be \{ directory \} or false/],
  ['/spool', {}, undefined, /spool is "\/spool"; must be \{ directory \}/],
  [['/spool'], {}, undefined, /spool is \/spool; must be \{ directory \}/],
  [new URL('file:///spool'), {}, undefined, /spool is file:\/\/\/spool; must be \{ directory \}/],
  [{}, {}, undefined, /spool is an object without a directory; must be/],
  [{ maxBytes: 2 ** 21 }, {}, undefined, /spool is an object without a directory; must be/],
  [throwing, {}, undefined, /spool.directory is Error: boom; must be a path; not used/],
  [{ directory: 7 }, { [DIRECTORY]: '/spool' }, { ...DEFAULTS, directory: '/spool' }, /spool.directory is 7; must be a path/],
  [{ directory: '/a', maxBytes: 5 }, {}, { ...DEFAULTS, directory: '/a', maxBytes: 2 ** 20 }, /spool.maxBytes is 5; must be/],
  [
    undefined,
    { [DIRECTORY]: '/a', [MAX_BYTES]: 'much' },
    { ...DEFAULTS, directory: '/a' },
    /SPANRING_SPOOL_MAX_BYTES is "much"; must be/,
  ],
] as const)('a wrong spool is warned about and never throws (%#)', async (option, env, expected, warning) => {
  const lines = captureDiag()
  expect(resolveSpool(option, env)).toEqual(expected)
  await Promise.resolve()
  expect(lines).toEqual([expect.stringMatching(warning)])
})

test('a spool that cannot even be looked at is warned about and never throws', async () => {
  const lines = captureDiag()
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(resolveSpool(proxy, {})).toBeUndefined()
  await Promise.resolve()
  expect(lines).toEqual([expect.stringMatching(/spool is object; must be \{ directory \}/)])
})
