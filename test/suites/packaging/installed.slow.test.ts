// SPDX-License-Identifier: Apache-2.0
// All published packages together, in a project that has nothing else, as npm and as pnpm lay them out.
import { execFile } from 'node:child_process'
import { cp, mkdir, realpath, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import { Program } from '@spanring/test-kit/program'
import type { Ended } from '@spanring/test-kit/program'
import { setupSharedSink } from '@spanring/test-kit/sink'
import { describe, expect, test } from 'vitest'
import {
  compilers,
  installInto,
  installWithPnpm,
  pack,
  publishedPackages,
  temporaryDirectory,
  workspaceRoot,
} from './packed-packages.js'

const exec = promisify(execFile)
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url))
const APPLICATION = join(workspaceRoot, 'test/fixtures/applications/sdk-2/node_modules')

const tarballs = await packEverything()
const projects = await Promise.all([
  createProject('npm', (dir) => installInto(dir, Object.values(tarballs))),
  createProject('pnpm', (dir) => installWithPnpm(dir, tarballs)),
])

/** The published packages, and the two that they need from elsewhere. */
async function packEverything(): Promise<Record<string, string>> {
  const directory = await temporaryDirectory()
  const ours = (await publishedPackages()).map(({ name, dir }) => [name, dir] as const)
  const others = ['undici', '@opentelemetry/api'].map(async (name) => {
    // A copy, because npm cannot pack a directory inside the store of the workspace.
    const copy = join(directory, name)
    await cp(join(workspaceRoot, 'packages/otlp-exporter/node_modules', name), copy, { recursive: true, dereference: true })
    return [name, copy] as const
  })
  const packed = [...ours, ...(await Promise.all(others))].map(async ([name, dir]) => {
    const { tarball } = await pack(dir, directory)
    return [name, tarball] as const
  })
  return Object.fromEntries(await Promise.all(packed))
}

async function createProject(
  manager: string,
  install: (dir: string) => Promise<void>,
): Promise<{ manager: string; dir: string }> {
  const dir = await temporaryDirectory()
  await install(dir)
  await cp(PROGRAMS, dir, { recursive: true })
  // The SDK is the application's, with a hundred packages behind it that are not what is tested here.
  await mkdir(join(dir, 'node_modules/@opentelemetry'), { recursive: true })
  await symlink(
    await realpath(join(APPLICATION, '@opentelemetry/sdk-node')),
    join(dir, 'node_modules/@opentelemetry/sdk-node'),
    'junction',
  )
  return { manager, dir }
}

const sink = await setupSharedSink()

function run(dir: string, file: string, ...execArgv: string[]): Promise<Ended> {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  }
  return new Program(pathToFileURL(join(dir, file)), [], { execArgv, env, cwd: dir }).ended
}

describe.each(projects)('the packages installed from their tarballs with $manager', ({ dir }) => {
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

  test('have the program of the doctor', async () => {
    const { stdout } = await exec(join(dir, 'node_modules/.bin/spanring'), ['help'], { cwd: dir })

    expect(stdout).toContain('spanring doctor')
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
  const dir = projects[0]?.dir ?? ''

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
    const ours = /^@spanring\/|^[./]/
    const bundle = await rollup({
      input: join(dir, file),
      external: (id) => !ours.test(id),
      plugins: [
        { name: 'resolve', resolveId: (id, from) => (from && id.startsWith('@spanring/') ? resolveModule(id, from) : null) },
      ],
    })
    await bundle.write({ ...output, format: 'es' })
    await bundle.close()

    expect(await run(dir, 'rollup.mjs')).toMatchObject({ code: 0, stdout: 'delivered true 1\n', stderr: '' })
    expect(await sink.stats()).toMatchObject({ delivered: 2 })
  })
})

/** undici, which is CommonJS, asks for modules of Node.js by require; a bundle that is an ES module has none by itself. */
const REQUIRE = { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" }

/** The ES module of a package, which is what a bundler takes. */
function resolveModule(id: string, from: string): string {
  return createRequire(from)
    .resolve(id)
    .replace(/([\\/])dist([\\/])cjs([\\/])/, '$1dist$2esm$3')
}
