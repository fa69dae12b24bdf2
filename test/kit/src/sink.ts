// SPDX-License-Identifier: Apache-2.0
import { startSink } from '@spanring/sink'
import type { Sink, SinkOptions } from '@spanring/sink'
import { afterAll, afterEach } from 'vitest'
import { closeAfterTest } from './servers.js'

/** A sink that is closed when the test is over. */
export function setupSink(options?: SinkOptions): Promise<Sink> {
  return closeAfterTest(startSink(options))
}

/** The same, for more spans than it should keep. */
export function setupCountingSink(options: SinkOptions = {}): Promise<Sink> {
  return setupSink({ keep: 'count', ...options })
}

/** A sink for all tests of a file, as new before each of them. To be called at the top of the file. */
export async function setupSharedSink(options?: SinkOptions): Promise<Sink> {
  const sink = await startSink(options)
  afterEach(() => sink.reset())
  afterAll(() => sink.close())
  return sink
}

/** A port of this machine where nobody listens. */
export async function refusingUrl(): Promise<string> {
  const sink = await startSink()
  await sink.close()
  return sink.url
}
