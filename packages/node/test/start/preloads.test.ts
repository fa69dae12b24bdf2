// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { preloadsOfHooksThread } from '../../src/start/preloads.js'

const OWN = fileURLToPath(new URL('../../src/register.ts', import.meta.url))

describe('preloadsOfHooksThread', () => {
  test.each<[string, string[], string, string[]]>([
    ['both forms of --require, and -r', ['--require', 'a', '--require=b', '-r', 'c'], '', ['a', 'b', 'c']],
    [
      'NODE_OPTIONS, with quotes',
      [],
      String.raw`-r a --require "./with space.cjs"  -r="\"quoted\".cjs"`,
      ['a', './with space.cjs', '"quoted".cjs'],
    ],
    ['not --import, which runs once', ['--import', 'a', '--import=b'], '--import c', []],
    ['not what begins alike', ['--require-module', 'a', '--title=-r', 'b'], '', []],
    ['not files of this package', ['--require', OWN, '-r', 'a'], `--require=${OWN}`, ['a']],
    ['nothing if the command line asks for that thread', ['--require', 'a'], '--experimental-loader=./hook.mjs', []],
  ])('gives %s', (_what, execArgv, nodeOptions, expected) => {
    expect(preloadsOfHooksThread(execArgv, nodeOptions)).toEqual(expected)
  })
})
