// SPDX-License-Identifier: Apache-2.0
import { LocalSink } from './local-sink.js'
import type { Sink } from './sink.js'
import { type SinkOptions, resolveOptions } from './sink-options.js'

/** Starts a sink in this process. */
export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const sink = new LocalSink(resolveOptions(options))
  await sink.listen()
  return sink
}
