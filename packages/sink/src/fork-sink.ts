// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { ForkedSink } from './forked-sink.js'
import { type SinkOptions, resolveOptions } from './sink-options.js'

/** Starts a sink in a process of its own, so that its work is not on the clock of what is measured. The build must be there. */
export async function forkSink(options: SinkOptions = {}): Promise<ForkedSink> {
  // By its name, not its place: it is the built file also for a caller that runs the sources.
  const entry = createRequire(import.meta.url).resolve('@spanring/sink/process')
  const child = fork(entry, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A preload of the application would start its telemetry again in there.
    execArgv: [],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const sink = new ForkedSink(child)
  try {
    await sink.start(resolveOptions(options))
  } catch (error) {
    await sink.close()
    throw error
  }
  return sink
}
