// SPDX-License-Identifier: Apache-2.0
// All published packages together, in a project that has nothing else, as npm and as pnpm lay them out.
import { cp, mkdir, readdir, realpath, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Program } from '@spanring/test-kit/program'
import type { Ended, ProgramOptions } from '@spanring/test-kit/program'
import {
  installInto,
  installWithPnpm,
  installWithYarn,
  pack,
  publishedPackages,
  temporaryDirectory,
  workspaceRoot,
} from './packed-packages.js'

const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url))
/** What programs need of the SDK, and where it is. */
const SDK = {
  '@opentelemetry/sdk-node': join(workspaceRoot, 'test/fixtures/applications/sdk-2/node_modules'),
  '@opentelemetry/sdk-trace-base': join(workspaceRoot, 'test/suites/node_modules'),
}

export interface Project {
  readonly manager: string
  readonly dir: string
}

/** One project for each package manager, with the programs of this folder in it. */
export async function createProjects(): Promise<readonly [npm: Project, pnpm: Project]> {
  const tarballs = await packEverything()
  return Promise.all([
    createProject('npm', (dir) => installInto(dir, Object.values(tarballs))),
    createProject('pnpm', (dir) => installWithPnpm(dir, tarballs)),
  ])
}

/** A project of Yarn with Plug'n'Play, with the SDK in it too, because nothing outside of it can be found. */
export async function createYarnProject(): Promise<Project> {
  const sdk = dirname(await realpath(join(SDK['@opentelemetry/sdk-trace-base'], '@opentelemetry/sdk-trace-base')))
  const names = (await readdir(sdk)).filter((name) => name !== 'api')
  const tarballs = await packEverything(names.map((name) => [`@opentelemetry/${name}`, join(sdk, name)]))
  const dir = await temporaryDirectory()
  await installWithYarn(dir, tarballs)
  await cp(PROGRAMS, dir, { recursive: true })
  return { manager: "Yarn's Plug'n'Play", dir }
}

/** Runs a program of a project, or a bundle of one, which sends to that address. */
export function runIn(dir: string, file: string, origin: string, { env, execArgv }: ProgramOptions = {}): Promise<Ended> {
  const added = {
    OTEL_EXPORTER_OTLP_ENDPOINT: origin,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    ...env,
  }
  return new Program(pathToFileURL(join(dir, file)), [], { execArgv, env: added, cwd: dir }).ended
}

/** The published packages, the two that they need from elsewhere, and others, each a name and a folder. */
async function packEverything(more: readonly (readonly [string, string])[] = []): Promise<Record<string, string>> {
  const directory = await temporaryDirectory()
  const ours = (await publishedPackages()).map(({ name, dir }) => [name, dir] as const)
  const needed = ['undici', '@opentelemetry/api'].map(
    (name) => [name, join(workspaceRoot, 'packages/otlp-exporter/node_modules', name)] as const,
  )
  const others = [...needed, ...more].map(async ([name, dir]) => {
    // A copy, because npm cannot pack a directory inside the store of the workspace.
    const copy = join(directory, name)
    await cp(dir, copy, { recursive: true, dereference: true })
    return [name, copy] as const
  })
  const packed = [...ours, ...(await Promise.all(others))].map(async ([name, dir]) => {
    const { tarball } = await pack(dir, directory)
    return [name, tarball] as const
  })
  return Object.fromEntries(await Promise.all(packed))
}

async function createProject(manager: string, install: (dir: string) => Promise<void>): Promise<Project> {
  const dir = await temporaryDirectory()
  await install(dir)
  await cp(PROGRAMS, dir, { recursive: true })
  // The SDK is the application's, with a hundred packages behind it that are not what is tested here.
  await mkdir(join(dir, 'node_modules/@opentelemetry'), { recursive: true })
  for (const [name, from] of Object.entries(SDK)) {
    // oxlint-disable-next-line no-await-in-loop -- two links
    await symlink(await realpath(join(from, name)), join(dir, 'node_modules', name), 'junction')
  }
  return { manager, dir }
}
