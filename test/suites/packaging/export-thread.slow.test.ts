// SPDX-License-Identifier: Apache-2.0
// The export thread where its file has to be found: installed as npm and pnpm do, and in bundles.
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Ended } from '@spanring/test-kit/program'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import { REQUIRE, bundleByRollup, bundleByWebpack } from './bundling.js'
import { createProjects, createYarnProject, runIn } from './installed-project.js'
import { temporaryDirectory } from './packed-packages.js'

const [npm, pnpm] = await createProjects()
const sink = await setupSharedSink()

interface Run {
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
}

/** Runs a program and tells at its end what its main thread has done. */
function run(dir: string, file: string, { env, execArgv = [] }: Run = {}): Promise<Ended> {
  return runIn(dir, file, sink.origin, { env, execArgv: [...execArgv, '--require', join(npm.dir, 'connections.cjs')] })
}

const BY_THREAD = 'connections 0, undici false\n'

describe.each([npm, pnpm])('the packages installed from their tarballs with $manager', ({ dir }) => {
  test.each(['export-thread.mjs', 'export-thread.cjs'])('send from the export thread: %s', async (file) => {
    expect(await run(dir, file)).toEqual({ code: 0, signal: null, stdout: `exported 1\n${BY_THREAD}`, stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })

  test.each(['deliver.mjs', 'deliver.cjs'])('take the thread from SPANRING_WORKER: %s', async (file) => {
    const ended = await run(dir, file, { env: { SPANRING_WORKER: 'true' } })

    expect(ended).toMatchObject({ code: 0, stdout: `delivered true 1\n${BY_THREAD}`, stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 2 })
  })

  test.each(['--import', '--require'])('take it with register too, by %s', async (option) => {
    const execArgv = [option, '@spanring/node/register']
    const ended = await run(dir, 'registered.mjs', { env: { SPANRING_WORKER: 'true' }, execArgv })

    expect(ended).toMatchObject({ code: 0, stdout: BY_THREAD })
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })
})

describe("the packages installed from their tarballs with Yarn's Plug'n'Play", async () => {
  const { dir } = await createYarnProject()
  const hooks = ['--require', join(dir, '.pnp.cjs'), '--experimental-loader', join(dir, '.pnp.loader.mjs')]

  test.each(['export-thread.mjs', 'export-thread.cjs'])('send from the export thread: %s', async (file) => {
    const ended = await run(dir, file, { execArgv: ['--no-warnings', ...hooks] })

    expect(ended).toEqual({ code: 0, signal: null, stdout: `exported 1\n${BY_THREAD}`, stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })
})

/** A bundle with the thread's entry sends from it; without, from the application's thread, and one warning says how to change that. */
async function expectBoth(dir: string, program: string, thread: string): Promise<void> {
  const bundled = await run(dir, program, { env: { EXPORT_THREAD: join(dir, thread) } })
  expect(bundled).toEqual({ code: 0, signal: null, stdout: `exported 1\n${BY_THREAD}`, stderr: '' })
  expect(await sink.stats()).toMatchObject({ delivered: 1 })

  await expectFallBack(await run(dir, program), 2)
}

async function expectFallBack({ code, stdout, stderr }: Ended, delivered: number): Promise<void> {
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^exported 1\nconnections 1, undici \w+\n$/) })
  expect(stderr).toMatch(
    /^OTLPTraceExporter: \[SPANRING_EXPORT_THREAD\] .* make @spanring\/otlp-exporter\/export-thread a second entry, and set worker: \{ file \} .*\n$/,
  )
  expect(await sink.stats()).toMatchObject({ delivered })
}

const THREAD = '@spanring/otlp-exporter/export-thread'

describe('the export thread in a bundle', () => {
  const { dir } = npm

  test.each([
    ['export-thread.mjs', 'esm', THREAD],
    ['export-thread.mjs', 'cjs', THREAD],
    ['export-thread.cjs', 'esm', THREAD],
    ['export-thread.cjs', 'cjs', THREAD],
    ['export-thread.mjs', 'esm', './own-export-thread.mjs'],
  ] as const)('of esbuild, with everything in it: %s as %s, and %s', async (file, format, thread) => {
    const outdir = await temporaryDirectory()
    const extension = format === 'esm' ? '.mjs' : '.cjs'
    const { warnings } = await build({
      entryPoints: { app: `./${file}`, thread },
      absWorkingDir: dir,
      outdir,
      outExtension: { '.js': extension },
      bundle: true,
      platform: 'node',
      format,
      banner: format === 'esm' ? REQUIRE : {},
    })

    expect(warnings).toEqual([])
    await expectBoth(outdir, `app${extension}`, `thread${extension}`)
  })

  test.each(['module', 'commonjs'] as const)('of webpack, which finds the file itself, as %s', async (format) => {
    const path = await temporaryDirectory()
    const warnings = await bundleByWebpack(dir, format, { app: join(dir, 'export-thread.mjs') }, path)

    expect(warnings).toEqual([])
    const ended = await run(path, 'app.js')
    expect(ended).toEqual({ code: 0, signal: null, stdout: `exported 1\n${BY_THREAD}`, stderr: '' })
    // The thread's file was left behind.
    const elsewhere = await temporaryDirectory()
    for (const file of ['app.js', 'package.json']) await copyFile(join(path, file), join(elsewhere, file))
    await expectFallBack(await run(elsewhere, 'app.js'), 2)
  })

  test('of webpack, made of CommonJS, in which it finds no file', async () => {
    const path = await temporaryDirectory()
    const warnings = await bundleByWebpack(dir, 'commonjs', { app: join(dir, 'export-thread.cjs'), thread: THREAD }, path)

    expect(warnings).toEqual([])
    await expectBoth(path, 'app.js', 'thread.js')
  })

  test.each([
    ['es', 'mjs'],
    ['cjs', 'cjs'],
  ] as const)('of rollup, in the format %s', async (format, extension) => {
    // Beside the packages that are not in it.
    const input = { app: join(dir, 'export-thread.mjs'), thread: THREAD }
    const names = { entryFileNames: `rollup/[name].${extension}`, chunkFileNames: `rollup/[name]-[hash].${extension}` }
    const warnings = await bundleByRollup(dir, input, { dir, format, ...names })

    expect(warnings).toEqual([])
    await expectBoth(join(dir, 'rollup'), `app.${extension}`, `thread.${extension}`)
  })
})
