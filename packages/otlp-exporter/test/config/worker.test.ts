// SPDX-License-Identifier: Apache-2.0
import { relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { captureDiag, said } from '@spanring/test-kit/diag'
import { describe, expect, test } from 'vitest'
import type { OTLPTraceExporterOptions } from '../../src/config/options.js'
import { resolveOptions } from '../../src/config/settings.js'
import { HOW_TO_BUNDLE, resolveWorker } from '../../src/config/worker.js'

const FILE = fileURLToPath(import.meta.url)
const CODE = 'OTLPTraceExporter: [SPANRING_INVALID_SETTING]'

async function resolved(option: unknown, text?: string): Promise<{ worker: unknown; warnings: string[] }> {
  const lines = captureDiag()
  const worker = resolveWorker(option, text === undefined ? {} : { SPANRING_WORKER: text })
  return { worker, warnings: await said(lines) }
}

describe('whether there is an export thread', () => {
  test.each<[unknown, string | undefined, boolean]>([
    [undefined, undefined, false],
    [null, '', false],
    [false, undefined, false],
    [true, undefined, true],
    [undefined, 'true', true],
    [undefined, ' TRUE ', true],
    [undefined, 'false', false],
    // The option decides.
    [false, 'true', false],
    [true, 'false', true],
    [true, 'nonsense', true],
  ])('worker: %s, SPANRING_WORKER=%s: %s', async (option, text, expected) => {
    expect(await resolved(option, text)).toEqual({ worker: expected ? { file: undefined } : undefined, warnings: [] })
  })
})

describe('the file of a bundle', () => {
  test.each([
    ['a path', FILE],
    ['a path that is relative', relative(process.cwd(), FILE)],
    ['a URL', pathToFileURL(FILE)],
    ['the text of a URL', pathToFileURL(FILE).href],
  ])('is given as %s', async (_what, file) => {
    expect(await resolved({ file })).toEqual({ worker: { file: FILE }, warnings: [] })
  })
})

describe('one warning names the option and the value', () => {
  test.each<[unknown, string | undefined, boolean, string]>([
    ['yes', undefined, false, 'worker is "yes"; must be true, false or { file }; using false'],
    ['', undefined, false, 'worker is ""; must be true, false or { file }; using false'],
    [1, undefined, false, 'worker is 1; must be true, false or { file }; using false'],
    [1, 'true', true, 'worker is 1; must be true, false or { file }; using true, as SPANRING_WORKER says'],
    [Symbol('x'), undefined, false, 'worker is Symbol(x); must be true, false or { file }; using false'],
    [undefined, 'yes', false, 'SPANRING_WORKER is "yes"; must be true or false; using false'],
    [undefined, '1', false, 'SPANRING_WORKER is "1"; must be true or false; using false'],
    [{ file: '' }, undefined, false, 'worker.file is ""; must be a path or a file: URL; using false'],
    [{}, undefined, false, 'worker.file is undefined; must be a path or a file: URL; using false'],
    [[], undefined, false, 'worker.file is undefined; must be a path or a file: URL; using false'],
    [{ file: 5 }, undefined, false, 'worker.file is 5; must be a path or a file: URL; using false'],
    [
      { file: new URL('https://x/y.js') },
      undefined,
      false,
      'worker.file is https://x/y.js; must be a path or a file: URL; using false',
    ],
  ])('worker: %s, SPANRING_WORKER=%s', async (option, text, expected, warning) => {
    expect(await resolved(option, text)).toEqual({
      worker: expected ? { file: undefined } : undefined,
      warnings: [`${CODE} ${warning}`],
    })
  })

  test('a file that does not exist', async () => {
    expect(await resolved({ file: '/no/such/file.js' })).toEqual({
      worker: undefined,
      warnings: [
        'OTLPTraceExporter: [SPANRING_EXPORT_THREAD] worker.file is "/no/such/file.js", which does not exist; spans are sent from this thread. ' +
          HOW_TO_BUNDLE,
      ],
    })
  })

  test.each<[unknown, number, string]>([
    ['soon', 500, 'exitFlushMillis is "soon"; must be an integer from 0 to 2147483647; not used'],
    [-1, 500, 'exitFlushMillis is -1; must be an integer from 0 to 2147483647; not used'],
    [NaN, 500, 'exitFlushMillis is NaN; must be an integer from 0 to 2147483647; not used'],
    [Infinity, 2 ** 31 - 1, 'exitFlushMillis is Infinity; must be an integer from 0 to 2147483647; using 2147483647'],
    [0.5, 1, 'exitFlushMillis is 0.5; must be an integer from 0 to 2147483647; using 1'],
  ])('exitFlushMillis: %s', async (exitFlushMillis, expected, warning) => {
    const lines = captureDiag()
    const settings = resolveOptions({ exitFlushMillis } as OTLPTraceExporterOptions, {})
    expect(settings.exitFlushMillis).toBe(expected)
    expect(await said(lines)).toEqual([`${CODE} ${warning}`])
  })
})
