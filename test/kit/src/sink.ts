// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import type { Sink, SinkOptions } from '@spanring/sink'
import { closeAfterTest } from './closing.js'

/** A sink that is closed when the test is over. */
export function setupSink(options?: SinkOptions): Promise<Sink> {
  return closeAfterTest(startSink(options))
}

/** The same, for more spans than it should keep. */
export function setupCountingSink(options: SinkOptions = {}): Promise<Sink> {
  return setupSink({ keep: 'count', ...options })
}

/** A port of this machine where nobody listens. */
export async function refusingUrl(): Promise<string> {
  const sink = await startSink()
  await sink.close()
  return sink.url
}
