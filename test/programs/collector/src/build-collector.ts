// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BUILD_DIR, MANIFEST, PACKAGE_DIR } from './places.js'
import { withProgress } from './progress.js'

const exec = promisify(execFile)

/** A build that has not ended by then hangs: with a cold cache it takes a few minutes on two cores. */
const BUILD_LIMIT_MILLIS = 20 * 60_000
/** Where Go's own installer puts it, which is not on everybody's path. */
const CANDIDATES = ['go', '/usr/local/go/bin/go']

export interface BuiltCollector {
  readonly binary: string
  readonly version: string
  /** Of 127.0.0.1 and localhost, signed by itself; paths of PEM files. */
  readonly certificate: string
  readonly key: string
}

/** The collector of the manifest, built unless it was before. Undefined without Go. */
export async function buildCollector(): Promise<BuiltCollector | undefined> {
  const manifest = await readFile(MANIFEST, 'utf8')
  const version = /^ +version: (\S+)$/m.exec(manifest)?.[1] ?? 'unknown'
  const built: BuiltCollector = {
    binary: join(BUILD_DIR, process.platform === 'win32' ? 'collector.exe' : 'collector'),
    version,
    certificate: join(BUILD_DIR, 'cert.pem'),
    key: join(BUILD_DIR, 'key.pem'),
  }
  const stamp = join(BUILD_DIR, 'stamp')
  const input = createHash('sha256').update(`${process.platform} ${process.arch}\n${manifest}`).digest('hex')
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === input) return built
  const go = await findGo()
  if (go === undefined) return undefined
  await rm(BUILD_DIR, { recursive: true, force: true })
  await mkdir(BUILD_DIR, { recursive: true })
  await withProgress(`building the collector ${version}, once`, () => build(go, built, manifest))
  await writeFile(stamp, input)
  return built
}

async function build(go: string, { binary, version }: BuiltCollector, manifest: string): Promise<void> {
  // The builder only writes the source. Its own next step tidies the module, for which it downloads what the tests of
  // every dependency need; a build needs less.
  const builder = `go.opentelemetry.io/collector/cmd/builder@v${version}`
  await run(go, ['run', builder, '--config', MANIFEST, '--skip-compilation', '--skip-get-modules'], PACKAGE_DIR)
  const source = join(BUILD_DIR, 'source')
  const parts = [...manifest.matchAll(/gomod: (\S+) (\S+)$/gm)].map(([, module, tag]) => `-require=${module}@${tag}`)
  await run(go, ['mod', 'init', 'spanring/collector'], source)
  // The frame around the parts.
  await run(go, ['mod', 'edit', `-require=go.opentelemetry.io/collector/otelcol@v${version}`, ...parts], source)
  await run(go, ['build', '-trimpath', '-ldflags=-s -w', '-o', binary, '.'], source)
  const { stdout } = await exec(go, ['env', 'GOROOT'])
  const generate = join(stdout.trim(), 'src/crypto/tls/generate_cert.go')
  const hosts = ['--host', '127.0.0.1,localhost', '--ca', '--ecdsa-curve', 'P256', '--duration', '87600h']
  await run(go, ['run', generate, ...hosts], BUILD_DIR)
}

/** Leaves the machine to whoever else works on it. */
async function run(go: string, args: readonly string[], cwd: string): Promise<void> {
  const env = { ...process.env, GOFLAGS: '-mod=mod', PATH: `${process.env['PATH']}:/usr/local/go/bin` }
  const command = process.platform === 'win32' ? [go] : ['nice', '-n', '10', go]
  await exec(command[0] ?? go, [...command.slice(1), ...args], { cwd, env, timeout: BUILD_LIMIT_MILLIS, maxBuffer: 2 ** 26 })
}

async function findGo(): Promise<string | undefined> {
  for (const go of CANDIDATES) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the first that answers
      await exec(go, ['version'])
      return go
    } catch {
      // Not there; the next.
    }
  }
  return undefined
}
