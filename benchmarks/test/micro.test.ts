// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { CASES } from '../src/micro/cases.js'
import { ENCODER_NAMES } from '../src/micro/encode-contenders.js'
import { SHAPES } from '../src/micro/encode-fixtures.js'

// The build, in its own processes, as a user runs it.
const script = fileURLToPath(new URL('../dist/esm/micro.js', import.meta.url))
const run = promisify(execFile)
const env = { ...process.env, NODE_OPTIONS: '' }

test('there is a case for every size of batch, shape and encoder, and for gzip of every shape', () => {
  const names = Object.keys(CASES)
  for (const shape of Object.keys(SHAPES)) {
    for (const size of [1, 100, 512]) {
      for (const encoder of ENCODER_NAMES) expect(names).toContain(`encode ${size} · ${shape} · ${encoder}`)
    }
    expect(names.filter((name) => name.startsWith(`gzip 512 · ${shape} · `))).toHaveLength(2)
  }
})

test('the filter plays only what matches, on the line of the SDK that is asked for', async () => {
  const filter = '^encode 100 · HTTP server · stock JSON$'
  const { stdout } = await run(process.execPath, [script, '--sdk', '3.1', filter], { env })
  expect(stdout).toContain(', SDK 3.1\n')
  expect(stdout.match(/^\| \w.*$/gm)).toEqual([
    expect.stringMatching(/^\| case /),
    expect.stringMatching(/^\| encode 100 · HTTP server · stock JSON \|( +[\d,.]+ \|){5}/),
  ])
  // A few seconds of processor time, on a machine that others may be using up.
}, 60_000)

test.each([
  [['--sdk', '1.0'], '2.12, 3.1'],
  [['nothing like it'], 'onEnd full · spanring'],
] as const)('%j is refused with what there is', async (args, hint) => {
  const refused = { code: 2, stderr: expect.stringContaining(hint) as string }
  await expect(run(process.execPath, [script, ...args], { env })).rejects.toMatchObject(refused)
})
