// SPDX-License-Identifier: Apache-2.0
// Runs after the set-up of the application, in place of the application. Ends one span, and reports what became of it.
import { pipelineInUse } from './pipeline-in-use.js'
import { API, READ } from './probe-report.js'
import type { ApiGlobal, ProbeMessage, ProbeReport, TestSpan } from './probe-report.js'

interface Tracer {
  startSpan(name: string): { isRecording(): boolean; end(): void }
}

interface TracerProvider {
  getTracer(name: string): Tracer
  getDelegate?(): TracerProvider
  forceFlush?(): Promise<void>
}

/** Longer than any SDK waits for a flush, in milliseconds. The doctor ends the wait as soon as it knows enough. */
const FLUSH_MILLIS = 40_000

export async function probe(): Promise<void> {
  const globals = globalThis as unknown as { [API]?: ApiGlobal; [READ]?: ReadonlySet<string> }
  const provider = globals[API]?.trace as TracerProvider | undefined
  const startedAt = performance.now()
  const testSpan = provider === undefined ? 'none' : await send(provider)
  const pipeline = provider && pipelineInUse(provider.getDelegate?.() ?? provider)
  const millis = performance.now() - startedAt
  const report: ProbeReport = { read: [...(globals[READ] ?? [])], testSpan, pipeline, millis }
  // Killed, because what the set-up does at the end of a process does not matter here.
  process.send?.({ report } satisfies ProbeMessage, () => process.kill(process.pid, 'SIGKILL'))
}

async function send(provider: TracerProvider): Promise<TestSpan> {
  const span = provider.getTracer('spanring doctor').startSpan('spanring doctor')
  const isRecording = span.isRecording()
  span.end()
  if (!isRecording) return 'unsampled'
  try {
    const flushed = (provider.getDelegate?.() ?? provider).forceFlush?.()
    const failed = new Promise((_resolve, reject) => {
      process.once('message', (reason) => reject(new Error(String(reason))))
      setTimeout(() => reject(new Error('no answer in time')), FLUSH_MILLIS)
    })
    await Promise.race([flushed, failed])
    return 'accepted'
  } catch (error) {
    return { error: textOf(error), data: dataOf(error) }
  }
}

/** A provider may reject with a list of errors, and an error about several addresses contains an error for each of them. */
function textOf(error: unknown): string {
  if (Array.isArray(error)) return error.map(textOf).join('; ')
  const { message, errors, code } = (error ?? {}) as { message?: string; errors?: unknown[]; code?: unknown }
  const parts = [message, typeof code === 'number' ? `HTTP ${code}` : undefined, ...(errors ?? []).map(textOf)]
  return parts.filter(Boolean).join('; ') || String(error)
}

/** What the backend wrote, which exporters attach to the error. Not cut before it is redacted: a cut may divide a secret. */
function dataOf(error: unknown): string | undefined {
  if (Array.isArray(error)) return error.map(dataOf).find((data) => data !== undefined)
  const { data } = (error ?? {}) as { data?: unknown }
  return typeof data === 'string' && data.trim() !== '' ? data : undefined
}
