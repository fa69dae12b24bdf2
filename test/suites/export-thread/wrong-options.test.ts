// SPDX-License-Identifier: Apache-2.0
// What is wrong with the options, or cannot be given to a thread, costs no span, and one warning names it.
import { Program } from '@spanring/test-kit/program'
import type { ProgramOptions } from '@spanring/test-kit/program'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { expect, test } from 'vitest'

const INVALID = 'OTLPTraceExporter: [SPANRING_INVALID_SETTING]'
const NO_THREAD = 'OTLPTraceExporter: [SPANRING_EXPORT_THREAD]'
const NOT_GIVEN = 'and cannot be given to another thread; spans are sent from this thread'

const sink = await setupSharedSink()

async function run(name: string, options: ProgramOptions = {}): Promise<{ exported: string; warnings: string[] }> {
  const program = new Program(new URL('fixtures/wrong-options.mjs', import.meta.url), [sink.url, name], options)
  const { stdout, stderr } = await program.ended
  // The sink speaks no TLS.
  const warnings = stderr.split('\n').filter((line) => line !== '' && !line.includes('has no effect: the URL starts with http:'))
  return { exported: stdout.trim(), warnings }
}

test.each([
  ['worker as a word', `${INVALID} worker is "yes"; must be true, false or { file }; using false`],
  ['worker as a number', `${INVALID} worker is 1; must be true, false or { file }; using false`],
  ['an empty file', `${INVALID} worker.file is ""; must be a path or a file: URL; using false`],
  [
    'a file that does not exist',
    expect.stringContaining(
      `${NO_THREAD} worker.file is "./no-such-file.js", which does not exist; spans are sent from this thread. In a bundle, `,
    ) as string,
  ],
  ['a bad time', `${INVALID} exitFlushMillis is "soon"; must be an integer from 0 to 2147483647; not used`],
  ['dispatcher', `${NO_THREAD} worker is on, but dispatcher is an object of the application ${NOT_GIVEN}`],
  ['lookup', `${NO_THREAD} worker is on, but lookup is a function ${NOT_GIVEN}`],
  ['checkServerIdentity', `${NO_THREAD} worker is on, but checkServerIdentity is a function ${NOT_GIVEN}`],
  ['secureContext', `${NO_THREAD} worker is on, but secureContext is an object of the application ${NOT_GIVEN}`],
  ['signal', `${NO_THREAD} worker is on, but signal is an object of the application ${NOT_GIVEN}`],
  ['a symbol', `${NO_THREAD} worker is on, but servername is a symbol ${NOT_GIVEN}`],
  ['an object of a class', `${NO_THREAD} worker is on, but key is an object of the application ${NOT_GIVEN}`],
])('%s', async (name, warning) => {
  expect(await run(name)).toEqual({ exported: '1', warnings: [warning] })
  expect((await sink.stats()).delivered).toBe(1)
})

test.each([
  ['a directory', /Cannot find module/],
  ['a file that throws', /no such thread/],
])('%s', async (name, why) => {
  const { exported, warnings } = await run(name)

  expect(warnings).toHaveLength(1)
  expect(warnings[0]).toContain(`${NO_THREAD} worker is on, but the export thread cannot be started: `)
  expect(warnings[0]).toMatch(why)
  expect(exported).toBe('1')
})

test('SPANRING_WORKER with an unknown value', async () => {
  expect(await run('', { env: { SPANRING_WORKER: 'yes' } })).toEqual({
    exported: '1',
    warnings: [`${INVALID} SPANRING_WORKER is "yes"; must be true or false; using false`],
  })
})
