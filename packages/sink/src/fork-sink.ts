// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { ForkedSink } from './forked-sink.js'
import { type SinkOptions, resolveOptions } from './sink-options.js'

/** Starts a sink in its own process, so that a benchmark does not measure the sink's work. Needs the built package. */
export async function forkSink(options: SinkOptions = {}): Promise<ForkedSink> {
  // Resolved by package name, not by path, so that a caller that runs the sources also gets the built file.
  const entry = createRequire(import.meta.url).resolve('@spanring/sink/process')
  const child = fork(entry, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // A preload of the application would start its telemetry again in the child.
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
