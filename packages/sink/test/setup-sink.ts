// SPDX-License-Identifier: Apache-2.0
import { closeAfterTest } from '@spanring/test-kit/servers'
import type { Sink } from '../src/sink.js'
import type { SinkOptions } from '../src/sink-options.js'
import { startSink } from '../src/local-sink.js'

/** A sink of these sources, closed when the test is over. */
export function setupSink(options?: SinkOptions): Promise<Sink> {
  return closeAfterTest(startSink(options))
}
