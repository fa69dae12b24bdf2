// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProcessorStats } from '@spanring/batch-span-processor'
import { build } from 'esbuild'
import { listen } from '@spanring/test-kit/servers'
import { onTestFinished } from 'vitest'

const require = createRequire(import.meta.url)
/** Packages without types, each of which exports the path of its executable. */
type Workerd = { readonly default: string }

/** The newest with what it does by default, and one that refuses more in the module scope of a worker. */
export const RUNTIMES = {
  'workerd 2026': { executable: (require('workerd') as Workerd).default, compatibilityDate: '2026-11-01' },
  'workerd 2025': { executable: (require('workerd-2025') as Workerd).default, compatibilityDate: '2025-06-01' },
} as const

export interface WorkerOptions {
  readonly runtime: keyof typeof RUNTIMES
  readonly madeIn: 'module' | 'request'
  /** Of workerd. */
  readonly flags: readonly string[]
}

export interface Worker {
  /** A request to the worker; its answer is what the processor says of itself. */
  request(spans: number, flush?: 'awaited' | 'with waitUntil' | 'unattended'): Promise<ProcessorStats>
  /** Exports of so many spans are received and never answered. */
  ignore(spans: number): void
  /** How many spans the backend has received. */
  delivered(): number
  /** What the worker has written. */
  log(): string
}

const WORKER = fileURLToPath(new URL('fixtures/worker.mjs', import.meta.url))

/** Runs the worker on the real runtime until the test is over, with a backend that counts what it is sent. */
export async function startWorker({ runtime, madeIn, flags }: WorkerOptions): Promise<Worker> {
  let delivered = 0
  let ignored: number | undefined
  const backend = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      delivered += Number(body)
      if (Number(body) !== ignored) setTimeout(() => response.end(), 20)
    })
  })
  const backendUrl = `http://127.0.0.1:${await listen(backend)}/`
  const dir = await mkdtemp(join(tmpdir(), 'spanring-worker-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  await build({
    entryPoints: [WORKER],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    define: { BACKEND: JSON.stringify(backendUrl), MADE_IN: JSON.stringify(madeIn) },
    outfile: join(dir, 'worker.js'),
    logLevel: 'silent',
  })
  await writeFile(join(dir, 'config.capnp'), configOf(RUNTIMES[runtime].compatibilityDate, flags))
  // Port 0: workerd says on which one it listens.
  const child = spawn(RUNTIMES[runtime].executable, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (log += text))
  const control = child.stdio[3] as NodeJS.ReadableStream
  const failed = once(child, 'exit').then(() => Promise.reject(new Error(`workerd has ended: ${log}`)))
  const [message] = (await Promise.race([once(control, 'data'), failed])) as [Buffer]
  failed.catch(() => {})
  const [line = ''] = message.toString().split('\n')
  const { port } = JSON.parse(line) as { port: number }
  return {
    async request(spans, flush) {
      const query = new URLSearchParams({ spans: String(spans), ...(flush && { flush }) })
      const response = await fetch(`http://127.0.0.1:${port}/?${query}`)
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${await response.text()}\n${log}`)
      return (await response.json()) as ProcessorStats
    },
    ignore: (spans) => void (ignored = spans),
    delivered: () => delivered,
    log: () => log,
  }
}

function configOf(date: string, flags: readonly string[]): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.js")],
      compatibilityDate = "${date}",
      compatibilityFlags = [${flags.map((flag) => JSON.stringify(flag)).join()}],
      globalOutbound = "backend",
    )),
    (name = "backend", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}
