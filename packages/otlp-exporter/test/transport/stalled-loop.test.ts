// SPDX-License-Identifier: Apache-2.0
import { forkSink } from '@spanring/sink'
import { until } from '@spanring/test-kit/until'
import { expect, onTestFinished, test } from 'vitest'
import { setupTransport } from './setup-transport.js'

/** Holds this thread, as a long computation of the application does. */
function stall(millis: number): void {
  const end = performance.now() + millis
  while (performance.now() < end);
}

test('an answer that came while the event loop stood still past the deadline is taken', async () => {
  const sink = await forkSink()
  onTestFinished(() => sink.close())
  const { send, counts } = setupTransport({ url: sink.url, timeoutMillis: 1000 })
  expect((await send()).exported).toBe(1)
  for (let round = 0; round < 2; round++) {
    const sent = send()
    const { attempts } = counts
    await until(() => counts.attempts > attempts || counts.attempts === round + 2)
    // In the check phase: timers are next, and would decide before anybody has looked at the sockets.
    await new Promise<void>((resolve) =>
      setImmediate(() =>
        setImmediate(() => {
          stall(1300)
          resolve()
        }),
      ),
    )
    expect(await sent).toEqual({ exported: 1, failed: {} })
  }
})
