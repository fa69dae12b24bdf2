// SPDX-License-Identifier: Apache-2.0
import { resolveOptions } from '../config/settings.js'
import { transportClock } from '../transport/clock.js'
import type { TransportHooks } from '../transport/transport-hooks.js'
import { LOOK_MILLIS, ownersLeft, sleep } from './left-behind.js'

export interface ReplayOptions {
  readonly directory: string
  /** Where to, as `OTEL_EXPORTER_OTLP_ENDPOINT`: `/v1/traces` is appended. Default: what the variables say. */
  readonly endpoint?: string | undefined
  /** Added to those of the variables. */
  readonly headers?: Readonly<Record<string, string>>
  /** How long to go on while nothing arrives, in milliseconds. */
  readonly waitMillis: number
  /** Ends it: what is on its way gets its answer, and nothing else is sent. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: ReplayProgress) => void
}

/** In spans. */
export interface ReplayProgress {
  readonly found: number
  readonly exported: number
  readonly failed: Readonly<Record<string, number>>
  /** The backend, in a form that may be shown. */
  readonly endpoint: string
  /** Why the backend counts as down, if it does. */
  readonly down: string | undefined
}

/** How often it tells its progress, in milliseconds. */
const TICK_MILLIS = 100
/** How long last attempts may take, in milliseconds. */
const LAST_MILLIS = 5000

/**
 * Takes over what dead owners have left, and sends it with the settings of the environment, oldest first. Ends when nothing is
 * left, or when nothing has arrived for a while; what was not delivered stays where it is. However old a span is, it is sent.
 * Rejects with the reason if the directory may not be used.
 */
export async function replaySpool(options: ReplayOptions): Promise<ReplayProgress> {
  const { directory, endpoint, headers = {}, waitMillis, signal, onProgress } = options
  await ownersLeft(directory, undefined)
  const env = endpoint === undefined ? process.env : withEndpoint(endpoint)
  const resolved = resolveOptions({ headers, worker: false, spool: { directory } }, env)
  const settings = { ...resolved, spool: { directory, maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMillis: Infinity } }
  const failed: Record<string, number> = {}
  const progress = { found: 0, exported: 0, failed, endpoint: settings.endpoint.printable, down: undefined as string | undefined }
  const clock = transportClock
  let lastAt = clock.now()
  let lookAt = -Infinity
  const hooks: TransportHooks = {
    onInherited(outcome) {
      lastAt = clock.now()
      lookAt = -Infinity
      progress.found += outcome.found
      progress.exported += outcome.exported
      for (const [reason, count] of Object.entries(outcome.failed)) failed[reason] = (failed[reason] ?? 0) + count
    },
    onBackendChange(change) {
      progress.down = change.state === 'down' ? change.message : undefined
    },
  }
  const { Transport } = await import('../transport/transport.js')
  const transport = new Transport(settings, hooks)
  const isOver = async (): Promise<boolean> => {
    const ended = progress.exported + Object.values(failed).reduce((sum, count) => sum + count, 0)
    if (ended < progress.found || clock.now() < lookAt) return false
    lookAt = clock.now() + LOOK_MILLIS
    return (await ownersLeft(directory, transport.spoolOwner)).length === 0
  }
  transport.startInheriting()
  try {
    while (clock.now() - lastAt < waitMillis) {
      // oxlint-disable-next-line no-await-in-loop -- one look after the other
      await sleep(TICK_MILLIS)
      onProgress?.(progress)
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (signal?.aborted || (await isOver())) break
    }
  } finally {
    if (signal?.aborted) transport.stopStored()
    await transport.shutdown({ at: clock.now() + LAST_MILLIS })
  }
  return progress
}

/** The environment with another endpoint for all signals, and none for traces alone. */
function withEndpoint(endpoint: string): NodeJS.ProcessEnv {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: _ours, ...env } = process.env
  return { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }
}
