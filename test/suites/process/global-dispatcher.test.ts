// SPDX-License-Identifier: Apache-2.0
// What we load of undici must not become the dispatcher behind the application's own fetch.
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { describe, expect, test } from 'vitest'

const PROGRAMS = new URL('fixtures', import.meta.url)
const PACKAGES = ['@spanring/batch-span-processor', '@spanring/otlp-exporter']
const NOTHING_CLAIMED = { before: [], after: [], fetched: 'taken' }

const application = await setupApplication('sdk-3', PROGRAMS)

function load(args: readonly string[], ...execArgv: string[]): Promise<Ended> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_TIMEOUT: '100' }
  return application.start('load-and-fetch.mjs', { execArgv, env }, args).ended
}

describe.each(['import', 'require'])('loaded by %s', (how) => {
  test.each(PACKAGES)('%s leaves the global dispatcher as it was', async (name) => {
    const { code, stdout } = await new Program(new URL('fixtures/load-and-fetch.mjs', import.meta.url), [how, name]).ended

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(NOTHING_CLAIMED)
  })

  test('@spanring/node leaves it as it was', async () => {
    const { code, stdout } = await load([how, '@spanring/node'])

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(NOTHING_CLAIMED)
  })

  test('register leaves it as an application without telemetry has it', async () => {
    const without = await load([])
    const { code, stdout } = await load([], `--${how}`, '@spanring/node/register')

    expect(code).toBe(0)
    const { after, fetched } = JSON.parse(stdout)
    expect({ after, fetched }).toEqual({ after: JSON.parse(without.stdout).after, fetched: 'taken' })
  })
})
