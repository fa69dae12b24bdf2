// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Ended } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { describe, expect, test } from 'vitest'

const application = await setupApplication('sdk-2', new URL('fixtures', import.meta.url))

/** Nobody else takes it soon: the system gives out the others first. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return String(port)
}

async function run(...execArgv: string[]): Promise<Ended> {
  const env = { OTEL_TRACES_EXPORTER: 'none', FIXED_PORT: await freePort() }
  return await application.start('is-instrumented.mjs', { execArgv, env }).ended
}

describe.each(['--import', '--require'])('register with %s', (option) => {
  const register = [option, '@spanring/node/register']

  test('instruments names that are imported from ES modules', async () => {
    expect(await run(...register)).toEqual({ code: 0, signal: null, stdout: 'http is instrumented\n', stderr: '' })
  })

  test('does the same beside a preload of --import', async () => {
    expect(await run('--import', './listen.cjs', ...register)).toMatchObject({ code: 0, stdout: 'http is instrumented\n' })
  })

  test('starts an application whose preload opens a fixed port, and says what is left out for that', async () => {
    const { code, stdout, stderr } = await run('--require', './listen.cjs', ...register)

    expect(code).toBe(0)
    const isInstrumented = stdout === 'http is instrumented\n'
    expect(stdout).toMatch(/^http is (instrumented|as it was)\n$/)
    expect(stderr).toMatch(
      isInstrumented
        ? /^$/
        : /^spanring: \[SPANRING_NO_ES_MODULES\] names imported from ES modules are not instrumented, because .* run \.\/listen\.cjs twice.*--import.*\n$/,
    )
  })
})
