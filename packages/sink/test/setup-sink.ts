// SPDX-License-Identifier: Apache-2.0
import { onTestFinished } from 'vitest'
import type { Sink } from '../src/sink.js'
import type { SinkOptions } from '../src/sink-options.js'
import { startSink } from '../src/local-sink.js'

/** A sink that is closed when the test is over. */
export async function setupSink(options?: SinkOptions): Promise<Sink> {
  const sink = await startSink(options)
  onTestFinished(() => sink.close())
  return sink
}
