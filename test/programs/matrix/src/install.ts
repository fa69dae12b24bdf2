// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { npm } from '@spanring/test-kit/npm'
import { FORMATS } from './axes.js'
import type { Format, Runtime, SdkLine } from './axes.js'
import { installOnce } from './install-once.js'
import { CACHE, CELL, WORKSPACE } from './places.js'

const OURS = ['batch-span-processor', 'otlp-exporter'] as const

export interface Tarballs {
  /** Package name to file. */
  readonly files: Readonly<Record<string, string>>
  /** Of what is in them. */
  readonly digest: string
}

/** What `npm publish` would upload. */
export async function packOurs(): Promise<Tarballs> {
  const destination = join(CACHE, 'tarballs')
  await mkdir(destination, { recursive: true })
  const files: Record<string, string> = {}
  const hash = createHash('sha256')
  for (const name of OURS) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const stdout = await npm(['pack', '--ignore-scripts', '--pack-destination', destination], join(WORKSPACE, 'packages', name))
    const file = join(destination, stdout.trim().split('\n').at(-1) ?? '')
    files[`@spanring/${name}`] = file
    // oxlint-disable-next-line no-await-in-loop -- as above
    hash.update(await readFile(file))
  }
  return { files, digest: hash.digest('hex') }
}

/** A directory as a user of this line has it, with the program in both formats in it. */
export async function installLine({ name, packages }: SdkLine, { files, digest }: Tarballs): Promise<string> {
  const dir = join(CACHE, `sdk-${name}`)
  const ours = Object.fromEntries(Object.entries(files).map(([ourName, file]) => [ourName, `file:${file}`]))
  await installOnce(dir, { ...packages, ...ours }, JSON.stringify({ packages, digest }))
  await Promise.all(FORMATS.map((format) => bundleCell(dir, packages, format)))
  return dir
}

async function bundleCell(dir: string, packages: SdkLine['packages'], format: Format): Promise<void> {
  const external = ['@opentelemetry/*', '@spanring/batch-span-processor', '@spanring/otlp-exporter']
  // 3.x has the SDK under another name.
  const alias: Record<string, string> =
    '@opentelemetry/sdk-trace' in packages ? { '@opentelemetry/sdk-trace-base': '@opentelemetry/sdk-trace' } : {}
  await build({
    entryPoints: [CELL],
    outfile: join(dir, cellFile(format)),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: format === 'CommonJS' ? 'cjs' : 'esm',
    external,
    alias,
    logLevel: 'warning',
  })
}

export function cellFile(format: Format): string {
  return format === 'CommonJS' ? 'cell.cjs' : 'cell.mjs'
}

/** The path of the executable. */
export async function installRuntime({ name, package: packageName, version, executable }: Runtime): Promise<string> {
  const dir = join(CACHE, name.toLowerCase().replace(' ', '-'))
  await installOnce(dir, { [packageName]: version }, `${packageName}@${version}`)
  const file = join(dir, 'node_modules', packageName, executable)
  return file
}
