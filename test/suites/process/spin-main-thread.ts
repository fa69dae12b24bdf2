// SPDX-License-Identifier: Apache-2.0
import { setupCountingSink } from '@spanring/test-kit/sink'
import { Program } from '@spanring/test-kit/program'
import { until } from '@spanring/test-kit/until'

/** So late that every batch has crossed and the program spins when the first of them is answered, in milliseconds. */
const ANSWER_MILLIS = 300

/**
 * Runs a program that ends 20,000 spans and then spins, before a backend that answers the first batch of them with 503. With the
 * export thread, one span more was answered before. Returns how many spans it had handed over before it spun, and how many of
 * them had arrived, by the count of the receiver, while it was still spinning.
 */
export async function spinMainThread(mode: 'thread' | 'none', spinMillis: number) {
  const sink = await setupCountingSink()
  const delayMillis = ANSWER_MILLIS
  if (mode === 'thread') await sink.script({}, { status: 503, delayMillis }, { delayMillis })
  else await sink.script({ status: 503, times: 1 }, {})
  const program = new Program(new URL('fixtures/spin.mjs', import.meta.url), [sink.url, mode, String(spinMillis)])
  const handedOver = Number((await program.printed(/handed over: \d+/)).split(': ')[1])
  let isSpinning = true
  void program.printed('spun').then(() => (isSpinning = false))
  await until(async () => !isSpinning || (await sink.stats()).delivered >= handedOver)
  const arrived = isSpinning ? (await sink.stats()).delivered : 0
  const { code, stdout, stderr } = await program.ended
  const { delivered, refused } = await sink.stats()
  return { handedOver, arrived, refused, delivered, code, stderr, said: stdout.split('\n').at(-2) }
}
