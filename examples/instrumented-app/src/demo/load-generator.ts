// SPDX-License-Identifier: Apache-2.0
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlannedRequest } from './load-plan.js'

export interface LoadResult {
  readonly answered: number
  /** Requests without the planned status, by what came instead. */
  readonly unexpected: Readonly<Record<string, number>>
}

/** Bounds the load if the service cannot keep up; a slow answer delays no other request until then. */
const maxInFlight = 100

/** Sends each request at its time; `onProgress` is told how many were answered. */
export async function runLoad(
  url: string,
  plan: readonly PlannedRequest[],
  onProgress: (answered: number) => void,
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: maxInFlight })
  const startedAt = performance.now()
  const inFlight = new Set<Promise<void>>()
  const unexpected: Record<string, number> = {}
  let answeredCount = 0
  for (const planned of plan) {
    const waitMillis = planned.atMillis - (performance.now() - startedAt)
    if (waitMillis > 1) await sleep(waitMillis)
    while (inFlight.size >= maxInFlight) await Promise.race(inFlight)
    const answer = answered(planned).finally(() => inFlight.delete(answer))
    inFlight.add(answer)
  }
  await Promise.all(inFlight)
  agent.destroy()
  return { answered: answeredCount, unexpected }

  async function answered(planned: PlannedRequest): Promise<void> {
    const status = await send(agent, url, planned)
    onProgress(++answeredCount)
    if (status === String(planned.expectedStatus)) return
    const what = `${planned.method} ${planned.path.replace(/\d+/, ':id')} → ${status}`
    unexpected[what] = (unexpected[what] ?? 0) + 1
  }
}

/** The status, or the message of the error. */
function send(agent: Agent, url: string, { method, path, body }: PlannedRequest): Promise<string> {
  const headers = body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}
  return new Promise((resolve) => {
    const sent = request(url + path, { agent, method, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(String(response.statusCode)))
      response.once('error', (error) => resolve(error.message))
    })
    sent.once('error', (error) => resolve(error.message))
    sent.end(body)
  })
}
