// SPDX-License-Identifier: Apache-2.0
// The export thread where less is allowed than usual, or where it is not the only thread or process.
import { fileURLToPath } from 'node:url'
import { setupApplication } from '@spanring/test-kit/setup-application'
import { Program } from '@spanring/test-kit/program'
import type { Ended, ProgramOptions } from '@spanring/test-kit/program'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'

const FIXTURES = new URL('fixtures/', import.meta.url)
const PRELOAD = fileURLToPath(new URL('preload.cjs', FIXTURES))
const PERMISSION = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
/** Since Node.js 25. */
const NETWORK = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
const PERMISSIONS = [PERMISSION, '--allow-fs-read=*', ...NETWORK]

const sink = await setupSharedSink()

function environment(): Record<string, string> {
  return { SPANRING_WORKER: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin }
}

function run(args: readonly string[], { env, ...options }: ProgramOptions = {}): Promise<Ended> {
  return new Program(new URL('thread.mjs', FIXTURES), args, { ...options, env: { ...environment(), ...env } }).ended
}

/** Warnings of ours, without those of Node.js about its own options. */
function warningsOf({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line.includes('SPANRING_'))
}

function preloadsOf({ stderr }: Ended): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('preloaded'))
}

describe('it sends', () => {
  test.each<[string, string[], string]>([
    ['from an ES module', [], 'mjs'],
    ['from CommonJS', [], 'cjs'],
    ['where it is permitted', [...PERMISSIONS, '--allow-worker'], 'mjs'],
    ['where code must not be made of strings', ['--disallow-code-generation-from-strings'], 'mjs'],
    ['beside frozen intrinsics', ['--frozen-intrinsics'], 'mjs'],
    ['where the process is frozen', [], 'frozen process'],
  ])('%s', async (_what, execArgv, where) => {
    const ended = await run([where], { execArgv })

    expect(ended.code, ended.stderr).toBe(0)
    expect(warningsOf(ended)).toEqual([])
    expect(JSON.parse(ended.stdout)).toEqual({ exported: 100, failed: {} })
    expect(await sink.stats()).toMatchObject({ delivered: 100, requests: 1 })
  })
})

describe('spans are sent without it, and one warning says why', () => {
  test('where it is not permitted', async () => {
    const ended = await run(['mjs'], { execArgv: PERMISSIONS })

    expect(warningsOf(ended)).toEqual([
      expect.stringMatching(
        /\[SPANRING_EXPORT_THREAD\] worker is on, but the export thread cannot be started: Access to this.*\. --allow-worker allows it$/,
      ),
    ])
    expect(JSON.parse(ended.stdout)).toEqual({ exported: 100, failed: {} })
  })

  test('where the environment cannot be read', async () => {
    const ended = await run(['environment that throws'])

    expect(warningsOf(ended)).toEqual([
      expect.stringContaining('cannot be started: a bug of the application; spans are sent from'),
    ])
    expect(JSON.parse(ended.stdout)).toEqual({ exported: 100, failed: {} })
  })
})

test('without WebAssembly nothing can be sent, in no thread: every span is counted', async () => {
  const ended = await run(['mjs'], { execArgv: ['--jitless'] })

  expect(ended.stderr).toContain('no span can be sent from this process: undici needs WebAssembly')
  expect(JSON.parse(ended.stdout)).toEqual({ exported: 0, failed: { no_webassembly: 100 } })
})

describe('what an application preloads is not loaded in it', () => {
  test.each<[string, ProgramOptions]>([
    ['--require', { execArgv: ['--require', PRELOAD] }],
    ['--import', { execArgv: ['--import', PRELOAD] }],
    ['NODE_OPTIONS with --require', { env: { NODE_OPTIONS: `--require ${PRELOAD}` } }],
    ['NODE_OPTIONS with --import', { env: { NODE_OPTIONS: `--import ${PRELOAD}` } }],
  ])('%s', async (_what, options) => {
    const ended = await run(['mjs'], options)

    expect(preloadsOf(ended)).toEqual(['preloaded in thread 0'])
    expect(await sink.stats()).toMatchObject({ delivered: 100 })
  })

  test('register and another preload', async () => {
    const application = await setupApplication('sdk-2', new URL('../register/fixtures', import.meta.url), [
      '@opentelemetry/api',
      '@opentelemetry/sdk-node',
      '@spanring/node',
    ])
    const ended = await application.start(
      'end-in-time.mjs',
      { execArgv: ['--import', '@spanring/node/register'], env: { ...environment(), NODE_OPTIONS: `--require ${PRELOAD}` } },
      ['by process.exit'],
    ).ended

    expect(preloadsOf(ended)).toEqual(['preloaded in thread 0'])
    expect(ended.stderr).not.toContain('not delivered')
    expect(await sink.stats()).toMatchObject({ delivered: 101, duplicates: 0 })
  })
})

describe('in a worker thread of the application', () => {
  test.each([
    ['naturally', 0],
    ['by process.exit', 3],
    ['by an error', 1],
  ])('what is queued is sent when the thread ends (%s)', async (how, code) => {
    const ended = await run(['worker thread', how])

    expect(ended.stdout, ended.stderr).toBe(`exit ${code}\n`)
    expect(await sink.stats()).toMatchObject({ delivered: 100, requests: 1 })
  })

  test('a thread that is terminated ends, and so does the process', async () => {
    expect(await run(['worker thread', 'terminated'])).toMatchObject({ code: 0, stdout: 'exit 1\n' })
  })
})

test('in the primary and the worker of a cluster, whose channel it leaves alone', async () => {
  const ended = await run(['cluster'])

  expect(ended, ended.stderr).toMatchObject({ code: 4, stdout: 'message hello\nexit 3\n', stderr: '' })
  expect(await sink.stats()).toMatchObject({ delivered: 200 })
})
