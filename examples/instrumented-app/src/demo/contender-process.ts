// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Command, Message, Report } from './contender.js'

export type ContenderName = 'stock' | 'spanring'
/** Which `src/telemetry-….ts` is preloaded. */
export type Telemetry = 'stock' | 'spanring' | 'spanring-processor' | 'spanring-worker'

/** The service in a process of its own, preloaded with the telemetry file of one contender. */
export class ContenderProcess {
  readonly name: ContenderName
  readonly url: string
  readonly #child: ChildProcess

  private constructor(name: ContenderName, url: string, child: ChildProcess) {
    this.name = name
    this.url = url
    this.#child = child
  }

  static async start(name: ContenderName, telemetry: Telemetry, tracesUrl: string): Promise<ContenderProcess> {
    const preload = ['measured-processor.js', `../telemetry-${telemetry}.js`].flatMap((file) => ['--import', address(file).href])
    const child = fork(fileURLToPath(address('contender.js')), {
      execArgv: preload,
      env: { ...process.env, NODE_OPTIONS: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: tracesUrl },
      // Standard output may be the JSON of the demo.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const message = await nextMessage(name, child)
    if (!('url' in message)) throw new Error(`${name} reported before it was ready`)
    return new ContenderProcess(name, message.url, child)
  }

  /** The warm-up is over. */
  measure(): void {
    this.#send('measure')
  }

  /** Flushes and shuts down, and reports what was measured. */
  async finish(): Promise<Report> {
    const message = nextMessage(this.name, this.#child)
    this.#send('finish')
    const received = await message
    if (!('report' in received)) throw new Error(`${this.name} did not report`)
    return received.report
  }

  /** For a demo that failed; a contender that reported ends by itself. */
  kill(): void {
    this.#child.kill()
  }

  #send(command: Command): void {
    this.#child.send(command)
  }
}

function address(file: string): URL {
  return new URL(file, import.meta.url)
}

async function nextMessage(name: string, child: ChildProcess): Promise<Message> {
  const stopped = new AbortController()
  const exit = once(child, 'exit', { signal: stopped.signal }).then(([code]): never => {
    throw new Error(`the ${name} process ended with ${String(code)} without a report`)
  })
  exit.catch(() => {})
  try {
    const [message]: Message[] = await Promise.race([once(child, 'message', { signal: stopped.signal }), exit])
    if (!message) throw new Error(`the ${name} process sent nothing`)
    return message
  } finally {
    stopped.abort()
  }
}
