// SPDX-License-Identifier: Apache-2.0
// Runs after the set-up of the application, in its place: ends one span, and tells what became of it.
import { pipelineInUse } from './pipeline-in-use.js'
import { API, RECORDING } from './probe-report.js'
import type { ApiGlobal, ProbeReport, Recording, TestSpan } from './probe-report.js'

interface Tracer {
  startSpan(name: string): { isRecording(): boolean; end(): void }
}

interface TracerProvider {
  getTracer(name: string): Tracer
  getDelegate?(): TracerProvider
  forceFlush?(): Promise<void>
}

/** Longer than the deadline that the doctor sets for an export. */
const FLUSH_MILLIS = 8000

export async function probe(): Promise<void> {
  const globals = globalThis as unknown as { [API]?: ApiGlobal; [RECORDING]?: Recording }
  const provider = globals[API]?.trace as TracerProvider | undefined
  const startedAt = performance.now()
  const testSpan = provider === undefined ? 'none' : await send(provider)
  const pipeline = provider && pipelineInUse(provider.getDelegate?.() ?? provider)
  const { read = [], said = [] } = globals[RECORDING] ?? {}
  const millis = performance.now() - startedAt
  const report: ProbeReport = { read: [...read], said: [...said], testSpan, pipeline, millis }
  // Whatever the set-up does at its end is not asked for.
  process.send?.(report, () => process.kill(process.pid, 'SIGKILL'))
}

async function send(provider: TracerProvider): Promise<TestSpan> {
  const span = provider.getTracer('spanring doctor').startSpan('spanring doctor')
  const isRecording = span.isRecording()
  span.end()
  if (!isRecording) return 'unsampled'
  try {
    const flushed = (provider.getDelegate?.() ?? provider).forceFlush?.()
    await Promise.race([
      flushed,
      new Promise((_resolve, reject) => setTimeout(reject, FLUSH_MILLIS, new Error('no answer in time'))),
    ])
    return 'accepted'
  } catch (error) {
    return { error: textOf(error) }
  }
}

/** A provider rejects with a list of errors; an error of several addresses has them inside. */
function textOf(error: unknown): string {
  if (Array.isArray(error)) return error.map(textOf).join('; ')
  const { message, errors, code } = (error ?? {}) as { message?: string; errors?: unknown[]; code?: unknown }
  const parts = [message, typeof code === 'number' ? `HTTP ${code}` : undefined, ...(errors ?? []).map(textOf)]
  return parts.filter(Boolean).join('; ') || String(error)
}
