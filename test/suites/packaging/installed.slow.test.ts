// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import type { Ended } from '@spanring/test-kit/program'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import { REQUIRE, bundleByRollup } from './bundling.js'
import { createProjects, runIn } from './installed-project.js'
import { compilers, workspaceRoot } from './packed-packages.js'

const exec = promisify(execFile)
const [npm, pnpm] = await createProjects()
const sink = await setupSharedSink()

function run(dir: string, file: string, ...execArgv: string[]): Promise<Ended> {
  return runIn(dir, file, sink.origin, { execArgv })
}

describe.each([npm, pnpm])('the packages installed from their tarballs with $manager', ({ dir }) => {
  test.each([
    ['an ES module', 'deliver.mjs', 'delivered true 1\n'],
    ['CommonJS', 'deliver.cjs', 'delivered true 1\n'],
    ['both at once', 'deliver-both.mjs', 'delivered true 2\n'],
  ])('run as %s', async (_format, file, printed) => {
    expect(await run(dir, file)).toMatchObject({ code: 0, stdout: printed, stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 2 })
  })

  test.each(['--import', '--require'])('register with %s', async (option) => {
    expect(await run(dir, 'registered.mjs', option, '@spanring/node/register')).toMatchObject({ code: 0 })
    expect(await sink.stats()).toMatchObject({ delivered: 1 })
  })

  test('have the program of the doctor and of the spool', async () => {
    const spanring = (...args: string[]) => exec(join(dir, 'node_modules/.bin/spanring'), args, { cwd: dir })

    expect((await spanring('help')).stdout).toContain('spanring doctor')
    expect((await spanring('spool', 'list', 'none')).stdout).toContain('Nothing waits')
    expect((await spanring('spool', 'replay', 'none')).stdout).toContain('Nothing in')
  })

  test.each(compilers)('have types that a strict project in either format compiles with $name', async ({ tsc }) => {
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--module', 'nodenext']
    // What undici's types ask for, and a project that uses Node.js has.
    const types = ['--target', 'es2023', '--typeRoots', join(workspaceRoot, 'node_modules/@types'), '--types', 'node']

    await expect(
      exec(process.execPath, [tsc, ...strict, ...types, 'types.mts', 'types.cts'], { cwd: dir }),
    ).resolves.toMatchObject({ stdout: '' })
  })
})

describe('the packages in a bundle', () => {
  const { dir } = npm

  test.each(['esm', 'cjs'] as const)('run as a bundle of esbuild in the format %s', async (format) => {
    const outfile = join(dir, format === 'esm' ? 'esbuild.mjs' : 'esbuild.cjs')
    const entry = join(dir, format === 'esm' ? 'deliver.mjs' : 'deliver.cjs')
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format,
      external: ['@opentelemetry/*'],
      banner: format === 'esm' ? REQUIRE : {},
    })

    expect(await run(dir, outfile.slice(dir.length))).toMatchObject({ code: 0, stdout: 'delivered true 1\n', stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 2 })
  })

  test.each([
    // What comes after the application in the one file is undefined until a top-level await is over.
    ['one file', 'deliver-beside-await.mjs', { file: join(dir, 'rollup.mjs'), inlineDynamicImports: true }],
    ['several files', 'deliver.mjs', { dir, entryFileNames: 'rollup.mjs', chunkFileNames: '[name]-[hash].mjs' }],
  ])('run as a bundle of rollup in %s', async (_files, file, output) => {
    await bundleByRollup(dir, join(dir, file), { ...output, format: 'es' })

    expect(await run(dir, 'rollup.mjs')).toMatchObject({ code: 0, stdout: 'delivered true 1\n', stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 2 })
  })
})
