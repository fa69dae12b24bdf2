// SPDX-License-Identifier: Apache-2.0
import { Program } from '@spanring/test-kit/program'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import { DOCTOR, runDoctor } from './run-doctor.js'
import type { Diagnosis } from './run-doctor.js'

const FIXTURES = new URL('fixtures', import.meta.url)
const REGISTER = ['--import', '@spanring/node/register']
/** The same processor, without auto-instrumentations, which take a second to load. */
const OURS = ['--import', './ours.mjs']

const application = await setupApplication('sdk-2', FIXTURES)

const sink = await setupSharedSink({ grpc: true })

function diagnose(options: readonly string[], env: Record<string, string> = {}): Promise<Diagnosis> {
  return runDoctor(application, options, sink.origin, env)
}

describe('spanring doctor', () => {
  test('says that all is well, of what, and that a test span was accepted', async () => {
    const { code, text } = await diagnose(REGISTER, { OTEL_SERVICE_NAME: 'shop' })

    expect(text).toMatch(/SDK 2\.x \(sdk-node 0\.223\.0, api 1\.9\.1\)/)
    expect(text).toMatch(/^pipeline +spanring$/m)
    expect(text).toMatch(/ok +Read: .*OTEL_SERVICE_NAME/)
    expect(text).toMatch(/The test span was accepted, \d+ ms after it ended\.\n\nAll is well\.\n$/)
    expect(code).toBe(0)
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })

  test('sends from the export thread where the set-up does', async () => {
    const { code, text } = await diagnose(OURS, { SPANRING_WORKER: 'true' })

    expect(text).toMatch(/ok +Read: .*SPANRING_WORKER/)
    expect(text).toContain('All is well.')
    expect(code).toBe(0)
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })

  test('repeats why there is no export thread', async () => {
    const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
    const options = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-child-process', ...OURS]
    const { code, text } = await diagnose(options, { SPANRING_WORKER: 'true' })

    expect(text).toMatch(/the export thread cannot be started: .*--allow-worker allows it/)
    expect(text).not.toContain('All is well.')
    expect(code).toBe(1)
  })

  test('does not start telemetry of its own where NODE_OPTIONS has register', async () => {
    const { code, text } = await diagnose([], { NODE_OPTIONS: REGISTER.join(' ') })

    expect(text).toContain('All is well.')
    expect(code).toBe(0)
    // The probe alone has sent, and once.
    expect(await sink.stats()).toMatchObject({ requests: 1, delivered: 1 })
  })

  test.each<[string, readonly string[], () => Record<string, string>, RegExp[]]>([
    [
      'a wrong port',
      OURS,
      () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
      [/fault +The test span was not delivered: nothing listens at 127\.0\.0\.1:9 \(connection refused\)/, /is the port right\?/],
    ],
    [
      'a wrong port of gRPC',
      OURS,
      () => ({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9' }),
      [/nothing listens at 127\.0\.0\.1:9 \(connection refused\)/, /comes from OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\./],
    ],
    [
      'a wrong protocol: HTTP to the port of gRPC',
      OURS,
      () => ({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.grpcUrl ?? '' }),
      [/fault .*speaks gRPC, and the exporter speaks another protocol/, /usually 4318.*OTEL_EXPORTER_OTLP_PROTOCOL=grpc/],
    ],
    [
      'a wrong protocol: gRPC to the port of HTTP',
      OURS,
      () => ({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }),
      [/fault .*speaks HTTP, and the exporter speaks gRPC/, /OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/],
    ],
    [
      'a header that is none',
      OURS,
      () => ({ OTEL_EXPORTER_OTLP_HEADERS: 'Authorization: Bearer open-sesame' }),
      [/fault +OTEL_EXPORTER_OTLP_HEADERS: header 1 is not written as name=value/, /authorization=Bearer%20…/],
    ],
    [
      'typing errors, although a dependency copies the whole environment',
      REGISTER,
      () => ({
        OTEL_BSP_MAX_QUEUE_SIZ: '1',
        OTEL_EXPORTER_OTLP_TRACE_ENDPOINT: 'x',
        OTEL_SERVICE_NAM: 'x',
        SPANRING_EXIT_TIMOUT: '1',
      }),
      [
        /OTEL_BSP_MAX_QUEUE_SIZ is set, but there is no such variable\.\n +→ Did you mean OTEL_BSP_MAX_QUEUE_SIZE\?/,
        /→ Did you mean OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\?/,
        /→ Did you mean OTEL_SERVICE_NAME\?/,
        /→ Did you mean SPANRING_EXIT_TIMEOUT\?/,
        /4 things are wrong/,
      ],
    ],
    [
      'stock register beside ours',
      [...REGISTER, '--require', '@opentelemetry/auto-instrumentations-node/register'],
      () => ({}),
      [/fault +Telemetry is started twice: .*stock register/, /Remove the stock one/],
    ],
    [
      'a variable that NodeSDK ignores',
      ['--import', './telemetry.mjs'],
      () => ({ OTEL_TRACES_EXPORTER: 'console', OTEL_EXPORTER_OTLP_ENDPOIMT: 'http://127.0.0.1' }),
      [
        /fault +OTEL_TRACES_EXPORTER is set, but nothing reads it: NodeSDK ignores it once your code gives it spanProcessors/,
        /createSpanProcessor\(\)/,
        /Did you mean OTEL_EXPORTER_OTLP_ENDPOINT\?/,
      ],
    ],
    [
      'a value that cannot be used',
      OURS,
      () => ({ OTEL_BSP_MAX_QUEUE_SIZE: 'many' }),
      [/fault +BatchSpanProcessor: OTEL_BSP_MAX_QUEUE_SIZE is "many"; must be an integer/],
    ],
    [
      'a value that cannot be used for the export thread',
      OURS,
      () => ({ SPANRING_WORKER: 'yes' }),
      [/fault +OTLPTraceExporter: SPANRING_WORKER is "yes"; must be true or false; using false/],
    ],
    [
      'a wrong port, with the export thread',
      OURS,
      () => ({ SPANRING_WORKER: 'true', SPANRING_WORKR: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }),
      [
        /nothing listens at 127\.0\.0\.1:9 \(connection refused\)/,
        /ok +Read: .*SPANRING_WORKER/,
        /→ Did you mean SPANRING_WORKER\?/,
      ],
    ],
    [
      'that a variable switches tracing off',
      REGISTER,
      () => ({ OTEL_SDK_DISABLED: 'true' }),
      [/fault +OTEL_SDK_DISABLED=true switches tracing off/],
    ],
    [
      'that a variable switches traces off',
      REGISTER,
      () => ({ OTEL_TRACES_EXPORTER: 'none' }),
      [/fault +OTEL_TRACES_EXPORTER=none switches traces off/],
    ],
    [
      'that no exporter is left',
      REGISTER,
      () => ({ OTEL_TRACES_EXPORTER: 'otel' }),
      [/has "otel"; must be otlp.*left out/, /fault +OTEL_TRACES_EXPORTER=otel leaves no exporter, so no traces will be sent/],
    ],
    [
      'that no exporter is left to a processor in code',
      OURS,
      () => ({ OTEL_TRACES_EXPORTER: 'otel' }),
      [/fault +OTEL_TRACES_EXPORTER=otel leaves no exporter/],
    ],
    [
      'a sampler that takes nothing',
      OURS,
      () => ({ OTEL_TRACES_SAMPLER: 'always_off' }),
      [/fault +OTEL_TRACES_SAMPLER=always_off samples nothing\./],
    ],
    [
      'that nothing starts telemetry',
      ['--no-warnings', '--import', 'node:fs'],
      () => ({}),
      [/fault +Nothing starts tracing in this set-up/],
    ],
  ])('finds %s, and ends with 1', async (what, options, env, sentences) => {
    const { code, text } = await diagnose(options, env())

    for (const sentence of sentences) expect(text).toMatch(sentence)
    expect(text).not.toContain('sesame')
    expect(text.includes('Nothing starts tracing')).toBe(what === 'that nothing starts telemetry')
    expect(code).toBe(1)
  })

  test.each([
    [
      'stock register',
      ['--import', '@opentelemetry/auto-instrumentations-node/register'],
      /^pipeline +stock \(BatchSpanProcessor\); spanring is not in it$/m,
    ],
    ['a NodeSDK with the processor', ['--import', './telemetry.mjs'], /^pipeline +spanring$/m],
  ])('says whose pipeline is in use with %s', async (_what, options, line) => {
    const { code, text } = await diagnose(options)

    expect(text).toMatch(line)
    expect(code).toBe(0)
  })

  test('finds refused credentials, and shows none of them', async () => {
    await sink.script({ status: 401 })
    const { code, text } = await diagnose(OURS, {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin.replace('//', '//user:open-sesame@') + '/?key=sesame-too',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=sesame%2Dthree',
    })

    expect(text).toMatch(/the backend refuses the credentials \(HTTP 401\)/)
    expect(text).not.toMatch(/sesame/)
    expect(code).toBe(1)
  })

  test.each([[[...REGISTER, 'app.js']], [['app.js']], [['--no-warnings', '-r', './x.cjs', 'app.js', '3000']]])(
    'ends with 2 and asks to leave the application out of %j',
    async (options) => {
      const { code, text } = await diagnose(options)

      expect(text).toBe('spanring doctor does not start the application: leave out app.js, and pass only the options of node.\n')
      expect(code).toBe(2)
    },
  )

  test('ends with 2 and tells how to call it, if it is called wrongly', async () => {
    const { code, stderr } = await new Program(DOCTOR, ['docter']).ended

    expect(code).toBe(2)
    expect(stderr).toContain('Usage: spanring doctor')
  })
})
