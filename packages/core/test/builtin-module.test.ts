// SPDX-License-Identifier: Apache-2.0
import * as asyncHooks from 'node:async_hooks'
import { afterEach, expect, test, vi } from 'vitest'
import { builtinModule } from '../src/builtin-module.js'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('gives a module of Node.js', () => {
  const hooks = builtinModule<typeof asyncHooks>('async_hooks')
  expect(hooks?.AsyncLocalStorage).toBe(asyncHooks.AsyncLocalStorage)
  expect(builtinModule('no such module')).toBeUndefined()
})

test.each([
  ['no process', undefined],
  ['one of a bundler', { env: {} }],
  ['one that throws', { getBuiltinModule: () => expect.fail() }],
])('gives nothing where there is %s', (_what, process) => {
  vi.stubGlobal('process', process)
  expect(builtinModule('async_hooks')).toBeUndefined()
})
