// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply, Sink } from '@spanring/sink'
import type { SeededRandom } from '@spanring/test-kit/random'

const RETRY_AFTER: readonly [string, ...string[]] = ['0', '1', '-5', 'Thu, 01 Jan 1970 00:00:00 GMT', 'garbage']

type Mode = 'healthy' | 'slow' | '503' | '429' | 'cut' | 'drip' | 'silent' | 'refused'

/** How the backend may be for a while; none is `refused`: nobody listens. */
const MODES: Readonly<Record<Mode, (random: SeededRandom) => Reply | undefined>> = {
  healthy: () => ({}),
  slow: (random) => ({ delayMillis: random.between(20, 800) }),
  503: (random) => ({ status: 503, ...retryAfter(random) }),
  429: (random) => ({ status: 429, ...retryAfter(random) }),
  cut: (random) => ({ fault: random.pick(['cut-before-headers', 'cut-after-headers', 'cut-in-request']) }),
  // From an answer that is whole in time to one that never is.
  drip: (random) => ({ fault: 'drip', dripBytes: random.pick([3, 30, 100_000]), dripEveryMillis: 20 }),
  silent: () => ({ fault: 'never' }),
  refused: () => undefined,
}

const names = Object.keys(MODES) as [Mode, ...Mode[]]

/** Changes the sink at random every few hundred milliseconds until it is told to stop; then the sink is healthy. */
export async function changeWeather(sink: Sink, random: SeededRandom, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A backend that is never there for long shows little: every second one is healthy.
    const mode = random.chance(0.4) ? 'healthy' : random.pick(names)
    const reply = MODES[mode](random)
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await (reply === undefined ? sink.stopListening() : sink.script(reply))
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await sleep(random.between(100, 700), undefined, { signal }).catch(() => {})
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    if (reply === undefined) await listenAgain(sink)
  }
  await sink.script()
}

/** Another program may be given the port for a moment, as the near end of a connection of its own. */
async function listenAgain(sink: Sink): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- until it is free
      await sink.listenAgain()
      return
    } catch (error) {
      if (tries === 50) throw error
      // oxlint-disable-next-line no-await-in-loop -- until it is free
      await sleep(100)
    }
  }
}

function retryAfter(random: SeededRandom): { headers?: Record<string, string> } {
  return random.chance(0.3) ? { headers: { 'retry-after': random.pick(RETRY_AFTER) } } : {}
}
