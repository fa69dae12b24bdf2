// SPDX-License-Identifier: Apache-2.0
import type { Application } from '@spanring/test-kit/application'
import type { Ended } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'

const PROGRAMS = new URL('fixtures', import.meta.url)
const OURS = '@spanring/node/register'
const STOCK = '@opentelemetry/auto-instrumentations-node/register'
const ONLY_OWN_SPANS = 'spanring: [SPANRING_MISSING_PACKAGE] only spans that the application itself makes are recorded'

const sink = await setupSharedSink({ grpc: true })

const sdkAlone = await setupApplication('sdk-3', PROGRAMS, ['@opentelemetry/api', '@opentelemetry/sdk-node', '@spanring/node'])

/** A program that ends 200 spans before it ends itself. */
function run(application: Application, env: Record<string, string> = {}, ...execArgv: string[]): Promise<Ended> {
  const options = { execArgv: ['--import', OURS, ...execArgv], env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin, ...env } }
  return application.start('end-spans.mjs', options, ['before exit']).ended
}

describe('register', () => {
  test('says in one message what to install, and lets the application run', async () => {
    const application = await setupApplication('sdk-2', PROGRAMS, ['@opentelemetry/api', '@spanring/node'])
    const { code, stderr } = await run(application)

    expect(code).toBe(0)
    expect(stderr).toBe(
      'spanring: [SPANRING_MISSING_PACKAGE] there is no telemetry, because packages are not installed beside the application: ' +
        'npm install @opentelemetry/sdk-node @opentelemetry/auto-instrumentations-node\n',
    )
  })

  test('exports what the application itself traces without auto-instrumentations, and says so', async () => {
    const { stderr } = await run(sdkAlone)

    expect(stderr).toMatch(ONLY_OWN_SPANS)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(await sink.stats()).toMatchObject({ delivered: 200 })
  })

  test.each(['sdk-2', 'sdk-3'] as const)(
    'loses nothing of a burst right after the start, while the resource of %s is still being detected',
    async (line) => {
      const application = await setupApplication(line, PROGRAMS)
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin, OTEL_NODE_RESOURCE_DETECTORS: 'env,host,process' }
      const options = { execArgv: ['--require', OURS], env }
      const { stderr } = await application.start('burst.cjs', options).ended

      expect(stderr).not.toContain('not delivered')
      expect(await sink.stats()).toMatchObject({ delivered: 20_000, duplicates: 0 })
    },
  )

  test.each([
    ['before it', ['--require', STOCK]],
    ['after it', ['--import', STOCK]],
  ])('starts nothing if stock register is loaded %s, and says so', async (_when, execArgv) => {
    const application = await setupApplication('sdk-2', PROGRAMS)
    const { code, stderr } = await run(application, {}, ...execArgv)

    expect(code).toBe(0)
    expect(stderr).toBe(
      `spanring: ${STOCK} starts telemetry as well; only one can, so nothing is started here. Remove one of the two\n`,
    )
    // Stock shuts down before the application's own listener has ended its last spans.
    expect(await sink.stats()).toMatchObject({ delivered: 100 })
  })

  test('does nothing with OTEL_SDK_DISABLED', async () => {
    expect(await run(sdkAlone, { OTEL_SDK_DISABLED: 'True' })).toMatchObject({ code: 0, stderr: '' })
    expect(await sink.stats()).toMatchObject({ requests: 0 })
  })

  test('says why nothing is delivered without a logger, and nothing of what others say', async () => {
    await sink.script({ status: 400 })
    const { stderr } = await run(sdkAlone)

    expect(stderr).toMatch(/^spanring: BatchSpanProcessor: .*400/m)
    expect(stderr).toMatch(/^spanring: 200 of 200 spans were not delivered \(200 http_400\)$/m)
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('spanring: '))).toEqual([])
  })

  test.each([
    ['none', /^$/],
    ['error', /^spanring: \[SPANRING_MISSING_PACKAGE\] only spans[^\n]*\n$/],
    ['debug', /^spanring: BatchSpanProcessor: .*400/m],
    ['verbos', /^spanring: \[SPANRING_INVALID_SETTING\] OTEL_LOG_LEVEL is "verbos"; must be one of none, .*; using info$/m],
  ])('says as much as OTEL_LOG_LEVEL=%s asks for', async (level, stderr) => {
    await sink.script({ status: 400 })
    const ended = await run(sdkAlone, { OTEL_LOG_LEVEL: level })

    expect(ended.stderr).toMatch(stderr)
    expect(ended.stdout).toBe('')
  })

  test.each(['sdk-2', 'sdk-3'] as const)('leaves stdout to the application, whatever the SDK of %s says', async (line) => {
    const application = await setupApplication(line, PROGRAMS)
    const env = { OTEL_LOG_LEVEL: 'all', OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http', OTEL_METRICS_EXPORTER: '' }
    const { stdout, stderr } = await run(application, env)

    expect(stdout).toBe('')
    expect(stderr).toMatch(/@opentelemetry\/api: Registered a global for trace/)
    // From the constructor of NodeSDK.
    expect(stderr).toMatch(/OTEL_METRICS_EXPORTER is empty/)
  })
})

describe('the exporters that the environment names', () => {
  test('are those of OTEL_TRACES_EXPORTER, each once', async () => {
    const { stdout, stderr } = await run(sdkAlone, { OTEL_TRACES_EXPORTER: 'otlp, console,otlp,jaeger' })

    expect(stdout.match(/traceId/g)).toHaveLength(200)
    expect(stderr).toContain('OTEL_TRACES_EXPORTER has "jaeger"; must be otlp, console, zipkin or none; left out')
    expect(await sink.stats()).toMatchObject({ delivered: 200, deliveredTwice: 0 })
  })

  test('are none if it names none that there is, and register says what that means', async () => {
    const { stderr } = await run(sdkAlone, { OTEL_TRACES_EXPORTER: 'otel' })

    expect(stderr).toMatch(
      /"otel"; must be otlp, console, zipkin or none; left out\nspanring: no exporter is left, so no traces are sent\n/,
    )
    expect(await sink.stats()).toMatchObject({ requests: 0 })
  })

  test('are none if it says so', async () => {
    await run(sdkAlone, { OTEL_TRACES_EXPORTER: 'none' })

    expect(await sink.stats()).toMatchObject({ requests: 0 })
  })

  test('speak the OTEL_EXPORTER_OTLP_PROTOCOL', async () => {
    await run(sdkAlone, { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' })
    const json = await sink.stats()
    await run(sdkAlone, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: sink.grpcUrl ?? '' })

    expect(json).toMatchObject({ delivered: 200, lastHeaders: { 'content-type': 'application/json' } })
    // The other port takes gRPC alone.
    expect(await sink.stats()).toMatchObject({ delivered: 400 })
  })
})

test.each([['--import'], ['--require']])('stats tells where the spans of register are, loaded with %s', async (option) => {
  await sink.script({ status: 400 })
  const { stdout } = await sdkAlone.start('print-stats.mjs', {
    execArgv: [option, OURS],
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin },
  }).ended

  expect(JSON.parse(stdout)).toMatchObject({ ended: 10, exported: 0, queued: 0, failed: { http_400: 10 } })
})

describe('createSpanProcessor', () => {
  test.each([['otlp'], ['otlp,console'], ['console']])('makes one that counts with the exporters %s', async (names) => {
    const env = { OTEL_TRACES_EXPORTER: names, OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin }
    const { stdout } = await sdkAlone.start('create-processor.mjs', { env }).ended

    expect(stdout).toContain('made, flushed true, 0 ended\n')
  })

  test.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'npm install @opentelemetry/exporter-trace-otlp-grpc'],
    ['OTEL_TRACES_EXPORTER', 'console', 'npm install @opentelemetry/sdk-trace'],
  ])('says what is missing for %s=%s, and does not throw', async (name, value, advice) => {
    const application = await setupApplication('sdk-2', PROGRAMS, ['@opentelemetry/api', '@spanring/node'])
    const { stdout, stderr } = await application.start('create-processor.mjs', { env: { [name]: value } }).ended

    expect(stdout).toBe('made, flushed true, 0 ended\n')
    expect(stderr).toContain(advice)
  })

  test.each([
    ['delivered', {}, 'delivered true\n'],
    ['not delivered', { status: 400 }, 'delivered false\n'],
  ])('makes a processor that flush of the other module format knows: %s', async (_what, reply, printed) => {
    await sink.script(reply)
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin }
    const { stdout } = await sdkAlone.start('code.cjs', { env }).ended

    expect(stdout).toBe(printed)
  })
})
