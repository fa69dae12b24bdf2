// SPDX-License-Identifier: Apache-2.0

const INTERVAL_MILLIS = 5000

/** Says what is under way, and every five seconds for how long, so that a slow step is told from one that hangs. */
export async function withProgress<T>(what: string, work: () => Promise<T>, detail: () => string = () => ''): Promise<T> {
  const startedAt = performance.now()
  const seconds = (): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`
  console.log(`${what} …`)
  const timer = setInterval(() => console.log(`  ${seconds()} ${detail()}`), INTERVAL_MILLIS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    console.log(`  done in ${seconds()}`)
  }
}
