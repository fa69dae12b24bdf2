// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { npm } from '@spanring/test-kit/npm'
import { afterAll } from 'vitest'

const exec = promisify(execFile)
export const workspaceRoot: string = fileURLToPath(new URL('../../..', import.meta.url))

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, string | { readonly require: { readonly default: string } }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface PublishedPackage {
  readonly name: string
  readonly dir: string
  readonly manifest: Manifest
}

interface PackedPackage {
  readonly tarball: string
  /** Paths inside the tarball, sorted. */
  readonly files: readonly string[]
}

/** Every package of the workspace that npm would publish. */
export async function publishedPackages(): Promise<PublishedPackage[]> {
  const packages = join(workspaceRoot, 'packages')
  const found = await Promise.all((await readdir(packages)).map((name) => readPackage(join(packages, name))))
  return found.filter(({ manifest }) => manifest.private !== true)
}

async function readPackage(dir: string): Promise<PublishedPackage> {
  const manifest = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as Manifest
  return { name: manifest.name, dir, manifest }
}

/** What `npm publish` would upload. */
export async function pack(dir: string, destination: string): Promise<PackedPackage> {
  const stdout = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination], dir)
  const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string; files: { path: string }[] }>)
  if (packed === undefined) throw new Error(`npm pack says nothing about ${dir}`)
  return { tarball: join(destination, packed.filename), files: packed.files.map(({ path }) => path).toSorted() }
}

/**
 * Makes a directory an application with these packages installed, each from a tarball or a directory, as npm lays them
 * out for a user. Nothing comes from the network.
 */
export async function installInto(dir: string, packages: readonly string[]): Promise<void> {
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'an-application', private: true }))
  await npm(['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], dir)
}

/** The same with pnpm, in the version that the workspace pins. `overrides` name the tarballs of packages that others depend on. */
export async function installWithPnpm(dir: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const files = Object.fromEntries(Object.entries(packages).map(([name, tarball]) => [name, `file:${tarball}`]))
  await writeFile(join(dir, 'package.json'), JSON.stringify({ name: 'an-application', private: true, dependencies: files }))
  // JSON is YAML.
  await writeFile(join(dir, 'pnpm-workspace.yaml'), JSON.stringify({ overrides: files }))
  const { packageManager } = JSON.parse(await readFile(join(workspaceRoot, 'package.json'), 'utf8')) as { packageManager: string }
  const pnpm = ['exec', '--yes', '--prefer-offline', `--package=${packageManager}`, '--', 'pnpm']
  await npm([...pnpm, 'install', '--offline', '--ignore-scripts'], dir)
}

/** The same with Yarn's Plug'n'Play: there is no node_modules, and packages stay in archives. */
export async function installWithYarn(dir: string, packages: Readonly<Record<string, string>>): Promise<void> {
  const files = Object.fromEntries(Object.entries(packages).map(([name, tarball]) => [name, `file:${tarball}`]))
  const manifest = { name: 'an-application', private: true, dependencies: files, resolutions: files }
  await writeFile(join(dir, 'package.json'), JSON.stringify(manifest))
  const settings = {
    nodeLinker: 'pnp',
    enableNetwork: false,
    enableTelemetry: false,
    enableGlobalCache: false,
    globalFolder: join(dir, '.yarn/global'),
    // Yarn's default in CI is to refuse a new lockfile.
    enableImmutableInstalls: false,
  }
  await writeFile(join(dir, '.yarnrc.yml'), JSON.stringify(settings))
  // Without a lockfile Yarn looks for a project in the folders above.
  await writeFile(join(dir, 'yarn.lock'), '')
  await exec(process.execPath, [join(workspaceRoot, 'test/suites/node_modules/@yarnpkg/cli-dist/bin/yarn.js'), 'install'], {
    cwd: dir,
  })
}

/** Gone when the tests of the file are. */
export async function temporaryDirectory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'spanring-'))
  afterAll(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Compilers that declarations are read by: the one of this repository, and the last of the generation before. */
export const compilers: readonly { readonly name: string; readonly tsc: string }[] = [
  { name: 'TypeScript 7', tsc: join(workspaceRoot, 'node_modules/typescript/bin/tsc') },
  { name: 'TypeScript 5.9', tsc: join(workspaceRoot, 'test/suites/node_modules/typescript-5/bin/tsc') },
]
