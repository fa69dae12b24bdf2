// SPDX-License-Identifier: Apache-2.0
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
// Without `node:`. webpack knows `Worker from worker_threads`; from `node:worker_threads` it makes code that throws (5.113).
import { Worker } from 'worker_threads'
import type { FromThread, ThreadData, ToThread } from './messages.js'
import { packageOptions } from './package-options.js'

/** If its heap grows beyond this, in MiB, Node.js ends the thread and not the process. Spans are not in its heap. */
const HEAP_MIB = 128
/** Of the young generation, in MiB. The thread's objects die young: the default of 48 would only delay their collection. */
const YOUNG_MIB = 4

/** A thread that was started, with the port to it. */
export interface RunningWorker {
  post(message: ToThread): void
  /** The next message that has arrived, without waiting for the event loop. */
  receive(): FromThread | undefined
  /** Closes the port. */
  close(): void
  /** Ends the thread, whatever it is doing. Resolves when it is gone. */
  terminate(): Promise<unknown>
}

interface WorkerListener {
  onMessage(message: FromThread): void
  onExit(error: Error | undefined): void
}

/** Throws if no thread can be started here. Without a file, the thread runs the one of this package. */
export type StartWorker = (
  file: string | URL | undefined,
  data: Omit<ThreadData, 'port'>,
  listener: WorkerListener,
) => RunningWorker

export const startWorker: StartWorker = (file, data, listener) => {
  const { port1: port, port2 } = new MessageChannel()
  const workerData: ThreadData = { ...data, port: port2 }
  const options = {
    name: 'spanring-export',
    workerData,
    transferList: [port2],
    // What the application preloads must not run a second time here.
    execArgv: packageOptions(),
    env: environment(),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_MIB },
  }
  // Bundlers that know workers look for exactly this expression, and bundle the file too. It is the CommonJS one in both
  // formats: it starts sooner, and hooks for ES modules do not concern it.
  const worker =
    file === undefined ? new Worker(new URL('../../cjs/thread/main.js', import.meta.url), options) : new Worker(file, options)
  port.on('message', (message: FromThread) => listener.onMessage(message))
  let error: Error | undefined
  worker.on('error', (reason: unknown) => (error = reason instanceof Error ? reason : new Error(String(reason))))
  worker.on('exit', () => listener.onExit(error))
  port.unref()
  worker.unref()
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of worker_threads, not a window
    post: (message) => port.postMessage(message),
    receive: () => receiveMessageOnPort(port)?.message,
    close: () => port.close(),
    terminate: () => worker.terminate(),
  }
}

/**
 * The environment of the thread: that of the process, without what makes Node.js load code of the application or of a parent
 * process, and without our own variables, which may hold tokens.
 */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {}
  for (const [name, value] of Object.entries(process.env)) {
    const isLeftOut = name === 'NODE_OPTIONS' || name.startsWith('NODE_CHANNEL_') || /^(?:OTEL|SPANRING)_/i.test(name)
    if (!isLeftOut) env[name] = value
  }
  return env
}
