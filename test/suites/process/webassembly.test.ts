// SPDX-License-Identifier: Apache-2.0
// Where WebAssembly cannot be had nothing can be sent, and the application runs all the same.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { Program } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { expect, test } from 'vitest'

const FIXTURES = new URL('fixtures/', import.meta.url)
const LOST = { failed: { no_webassembly: 1 }, requests: 0, isAtOnce: true }
const WARNING = /^OTLPTraceExporter: no span can be sent from this process: undici needs WebAssembly .*--jitless.*ulimit -v/

test('--jitless: the exporter loads, says so once, and fails every span at once', async () => {
  const { code, stdout } = await new Program(new URL('export-one.mjs', FIXTURES), [], { execArgv: ['--jitless'] }).ended

  expect(code).toBe(0)
  const told = JSON.parse(stdout)
  expect(told).toMatchObject(LOST)
  expect(told.error).toContain('nothing can be sent without WebAssembly')
  expect(told.warnings.filter((text: string) => WARNING.test(text))).toHaveLength(1)
})

test('ulimit -v: so it does where the memory of WebAssembly may not be reserved, and it sends where it may', async (context) => {
  context.skip(process.platform !== 'linux', 'bash and ulimit -v')
  const program = fileURLToPath(new URL('export-one.mjs', FIXTURES))
  const limited = ['-c', 'ulimit -v 8000000; exec "$0" "$@"', process.execPath]
  const probe = [...limited, '-p', 'try { new WebAssembly.Memory({ initial: 1 }); true } catch { false }']
  const run = promisify(execFile)
  const isPossible = (await run('bash', probe)).stdout.trim() === 'true'
  const told = JSON.parse((await run('bash', [...limited, program])).stdout)

  if (isPossible) expect(told.failed).toEqual({ connection: 1 })
  else expect(told).toMatchObject(LOST)
})

test('register: the application runs, and is told once', async () => {
  const application = await setupApplication('sdk-3', new URL('fixtures', import.meta.url))
  const execArgv = ['--jitless', '--require', '@spanring/node/register']
  const { code, stdout, stderr } = await application.start('end-one-span.cjs', { execArgv }).ended

  expect({ code, stdout }).toEqual({ code: 0, stdout: 'the application has run\n' })
  expect(stderr.match(/no span can be sent from this process/g)).toHaveLength(1)
  expect(stderr).toContain('1 no_webassembly')
})
