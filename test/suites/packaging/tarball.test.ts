// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { cp, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compilers, installInto, pack, publishedPackages, temporaryDirectory, workspaceRoot } from './packed-packages.js'

const exec = promisify(execFile)
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url))

/** All that a user gets: built modules and their types in both formats, and what a registry shows. */
const INTENDED =
  /^(dist\/(esm|cjs)\/([\w-]+\/)*[\w-]+\.(js|d\.ts)|dist\/cjs\/package\.json|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/

/** The package of a specifier, which may name a file in it. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

const tarballs = await temporaryDirectory()
const published = await Promise.all(
  (await publishedPackages()).map(async ({ name, dir, manifest }) => ({ name, dir, manifest, ...(await pack(dir, tarballs)) })),
)

describe.each(published)('the tarball of $name', ({ dir, manifest, files }) => {
  test('has the licence, and modules with types in both formats', async () => {
    for (const format of ['esm', 'cjs'])
      expect(files).toEqual(expect.arrayContaining([`dist/${format}/index.js`, `dist/${format}/index.d.ts`]))
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'dist/cjs/package.json', 'package.json']))
    expect(await readFile(join(dir, 'LICENSE'), 'utf8')).toBe(await readFile(join(workspaceRoot, 'LICENSE'), 'utf8'))
  })

  test('has nothing that a user has no use for', () => {
    expect(files.filter((file) => !INTENDED.test(file))).toEqual([])
  })

  test('has the same modules in both formats', () => {
    const modules = files.filter((file) => /\.(js|d\.ts)$/.test(file))
    const [cjs, esm] = ['dist/cjs/', 'dist/esm/'].map((dist) =>
      modules.filter((file) => file.startsWith(dist)).map((file) => file.slice(dist.length)),
    )

    expect(cjs).toEqual(esm)
  })

  test('gives an ES module that imports a CommonJS file every name of it', async () => {
    const entries = Object.entries(manifest.exports).flatMap(([name, entry]) =>
      // The export thread's file exports nothing, and runs in a thread alone.
      typeof entry === 'string' || name === './export-thread' ? [] : [entry.require.default],
    )
    // Node.js looks for the names in the text of the file, before it runs it.
    const program = `
      import { createRequire } from 'node:module'
      const require = createRequire(import.meta.url)
      for (const file of ${JSON.stringify(entries.map((entry) => join(dir, entry)))}) {
        const names = Object.keys(require(file))
        const imported = Object.keys(await import(file)).filter((name) => !['default', 'module.exports'].includes(name))
        console.log(JSON.stringify({ names: names.sort(), imported: imported.sort() }))
      }`
    const { stdout } = await exec(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: dir,
      env: { OTEL_SDK_DISABLED: 'true' },
    })

    const found = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { names: string[]; imported: string[] })
    expect(found).toHaveLength(entries.length)
    expect(found[0]?.names.length).toBeGreaterThan(0)
    for (const { names, imported } of found) expect(imported).toEqual(names)
  })

  test('imports the packages that its manifest names and no others', async () => {
    const named = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    const imported = new Set<string>()
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      const code = await readFile(join(dir, file), 'utf8')
      for (const [, specifier = ''] of code.matchAll(/(?:\bfrom|(?<!-)\bimport|\brequire\(|\bimport\()\s*["']([^"']+)["']/g))
        imported.add(specifier)
      // Packages of the application are looked for by name.
      for (const name of Object.keys(manifest.peerDependencies ?? {}))
        if (code.includes(`'${name}'`) || code.includes(`"${name}"`)) imported.add(name)
    }

    const packages = [...imported].filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier)).map(packageOf)
    expect([...new Set(packages)].toSorted()).toEqual(named.toSorted())
  })

  test('points to no source map that is not in it', async () => {
    const dangling: string[] = []
    for (const file of files) {
      const [, map] = /\/\/# sourceMappingURL=(\S+)/.exec(await readFile(join(dir, file), 'utf8')) ?? []
      if (map !== undefined && !files.includes(join(dirname(file), map))) dangling.push(file)
    }

    expect(dangling).toEqual([])
  })

  test('asks for no version that only this workspace knows', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest
    const versions = Object.values({ ...dependencies, ...peerDependencies, ...optionalDependencies })

    expect(versions.filter((version) => /^(catalog|workspace|link|file):/.test(version))).toEqual([])
  })
})

const projects = await Promise.all(
  ['sdk-2', 'sdk-3'].map(async (line) => {
    const cwd = await temporaryDirectory()
    // A copy, because npm cannot pack a directory inside the store of the workspace.
    const api = join(tarballs, line)
    await cp(join(workspaceRoot, 'test/fixtures/sdks', line, 'node_modules/@opentelemetry/api'), api, {
      recursive: true,
      dereference: true,
    })
    const packed = await pack(api, tarballs)
    const processor = published.find(({ name }) => name === '@spanring/batch-span-processor')
    await installInto(cwd, [packed.tarball, processor?.tarball ?? ''])
    await cp(fixtures, cwd, { recursive: true })
    return { line, cwd }
  }),
)

describe.each(projects)('the processor installed from its tarball beside the API of $line', ({ cwd }) => {
  test('runs as an ES module, as CommonJS, and as both in one process', async () => {
    const files = ['use-as-esm.mjs', 'use-as-commonjs.cjs', 'use-both-at-once.mjs']
    const printed = await Promise.all(files.map((file) => exec(process.execPath, [file], { cwd, env: {} })))

    expect(printed.map(({ stdout }) => stdout)).toEqual(['exported 5\n', 'exported 5\n', 'two copies true, exported 2\n'])
  })

  test.each(compilers)(
    'has types that a strict project in either format compiles with $name, its libraries included',
    async ({ tsc }) => {
      const strict = [
        '--noEmit',
        '--strict',
        '--exactOptionalPropertyTypes',
        '--module',
        'nodenext',
        '--target',
        'es2022',
        // No directory of that name: nothing but what the packages ask for themselves.
        '--typeRoots',
        'none',
      ]
      const compiled = exec(process.execPath, [tsc, ...strict, 'types-of-esm.mts', 'types-of-commonjs.cts'], { cwd })

      await expect(compiled).resolves.toMatchObject({ stdout: '' })
    },
  )
})
