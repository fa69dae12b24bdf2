// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuiltCollector } from './build-collector.js'
import { collectorConfig } from './collector-config.js'
import type { CollectorOptions, ContenderPorts } from './collector-config.js'
import { forEachContender } from './contender.js'
import type { Contender } from './contender.js'
import { freePorts } from './free-port.js'

const START_LIMIT_MILLIS = 20_000
const STOP_LIMIT_MILLIS = 20_000

/** A collector on loopback, with a receiver and a file for each contender. */
export class Collector {
  readonly ports: Readonly<Record<Contender, ContenderPorts>>
  readonly files: Readonly<Record<Contender, string>>
  readonly #binary: string
  readonly #dir: string
  #child: ChildProcess | undefined
  #log = ''

  private constructor(binary: string, dir: string, ports: Record<Contender, ContenderPorts>, files: Record<Contender, string>) {
    this.#binary = binary
    this.#dir = dir
    this.ports = ports
    this.files = files
  }

  static async start(built: BuiltCollector, options: CollectorOptions = {}): Promise<Collector> {
    const dir = await mkdtemp(join(tmpdir(), 'spanring-collector-'))
    const [a = 0, b = 0, c = 0, d = 0] = await freePorts(4)
    const ports = { stock: { http: a, grpc: b }, spanring: { http: c, grpc: d } }
    const files = await forEachContender(async (contender) => join(dir, `${contender}.jsonl`))
    await writeFile(join(dir, 'config.yaml'), collectorConfig(built, options, ports, files))
    const collector = new Collector(built.binary, dir, ports, files)
    await collector.startAgain()
    return collector
  }

  /** Everything that it has said, since the first start. */
  get log(): string {
    return this.#log
  }

  async startAgain(): Promise<void> {
    const child = spawn(this.#binary, ['--config', `file:${join(this.#dir, 'config.yaml')}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, GOMAXPROCS: '1' },
    })
    this.#child = child
    const saidBefore = this.#log.length
    const ready = new Promise<void>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`the collector ${why}:\n${this.#log.slice(saidBefore)}`))
      const limit = setTimeout(() => fail('did not start in time'), START_LIMIT_MILLIS)
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text
        if (!this.#log.includes('Everything is ready', saidBefore)) return
        clearTimeout(limit)
        resolve()
      })
      child.once('error', reject)
      child.once('exit', (code) => fail(`ended with ${code}`))
    })
    await ready
  }

  /** As its operator would: it delivers what it has accepted first. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    this.#child = undefined
    const exited = once(child, 'exit', { signal: AbortSignal.timeout(STOP_LIMIT_MILLIS) })
    child.kill('SIGTERM')
    try {
      await exited
    } catch {
      child.kill('SIGKILL')
      throw new Error('the collector did not stop in time')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child?.kill('SIGKILL')
    await rm(this.#dir, { recursive: true, force: true })
  }
}
