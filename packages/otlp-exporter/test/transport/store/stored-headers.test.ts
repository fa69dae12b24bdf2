// SPDX-License-Identifier: Apache-2.0
// A token service that is down together with the backend. Nothing was sent, so nothing may be lost.
import { until } from '@spanring/test-kit/until'
import { setupDirectory } from '@spanring/test-kit/directory'
import { expect, test } from 'vitest'
import { setupOutage, sumOf } from './setup-outage.js'

const FAILURES = {
  rejects: (): Promise<Record<string, string>> => Promise.reject(new Error('no token')),
  throws: (): Record<string, string> => {
    throw new Error('no token')
  },
}

test.each((['rejects', 'throws'] as const).flatMap((how) => [[how, 'in memory'] as const, [how, 'on disk'] as const]))(
  'what is stored outlives headers() that %s, %s',
  async (how, where) => {
    let works = true
    let asked = 0
    const headers = (): Promise<Record<string, string>> | Record<string, string> => {
      asked += 1
      return works ? { 'x-token': 'valid' } : FAILURES[how]()
    }
    const spool = where === 'on disk' && { directory: setupDirectory() }
    const { sink, send, transport } = await setupOutage({ headers, spool })
    await sink.stopListening()
    const sent = [send(1), send(2), send(3)]
    for (const { outcome } of sent) expect(await outcome).toMatchObject({ failed: {} })

    works = false
    asked = 0
    await sink.listenAgain()
    await until(() => asked >= 4)
    // It is asked again after a back-off, of 40 ms here, and only for the oldest request.
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(asked).toBeLessThan(20)
    for (const { later } of sent) expect(sumOf(later)).toMatchObject({ exported: 0, failed: {} })

    works = true
    await until(() => sent.every(({ later }, index) => sumOf(later).exported === index + 1))
    expect(await sink.stats()).toMatchObject({ delivered: 6, duplicates: 0 })
    await transport.shutdown({ at: Infinity })
  },
)

test('the last attempt does not wait until headers() is asked again', async () => {
  let works = true
  const headers = (): Record<string, string> => (works ? {} : FAILURES.throws())
  const { sink, send, transport } = await setupOutage({ headers })
  await sink.stopListening()
  const { outcome, later } = send(2)
  await outcome
  works = false
  await sink.listenAgain()
  await transport.shutdown({ at: Infinity })
  expect(sumOf(later)).toMatchObject({ exported: 0, failed: { headers: 2 } })
})
