// SPDX-License-Identifier: Apache-2.0
import { register } from 'node:module'
import { FastifyOtelInstrumentation } from '@fastify/otel'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'

type Wrap = (processor: SpanProcessor) => SpanProcessor

let wrap: Wrap = (processor) => processor
let provider: BasicTracerProvider | undefined

/** Puts something around the processor, if called before `startTelemetry`. The demo holds its stop-watch this way. */
export function wrapSpanProcessor(next: Wrap): void {
  wrap = next
}

/** Everything except the choice of the processor. Must run before the application loads: preload it with `--import`. */
export function startTelemetry(processor: SpanProcessor): void {
  // `import { Pool } from 'pg'` never passes through require(), where instrumentations look by default.
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: ['pg'] } })

  const service = resourceFromAttributes({ 'service.name': process.env['OTEL_SERVICE_NAME'] ?? 'orders' })
  provider = new BasicTracerProvider({
    resource: defaultResource().merge(service),
    spanProcessors: [wrap(processor)],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())

  registerInstrumentations({
    instrumentations: [
      new HttpInstrumentation(),
      new UndiciInstrumentation(),
      // Creating the schema at start belongs to no request, and would be a trace for each statement.
      new PgInstrumentation({ requireParentSpan: true }),
      new FastifyOtelInstrumentation({ registerOnInitialization: true }),
    ],
  })

  // The application closes its servers on SIGTERM; then nothing keeps the process and the last spans go out here.
  // A receiver that is gone must not turn the end of the service into a crash.
  process.once('beforeExit', () => void stopTelemetry().catch((error: unknown) => console.error('spans were lost:', error)))
}

/** Exports what is left and closes the pipeline. Rejects if that fails. */
export async function stopTelemetry(): Promise<void> {
  try {
    await provider?.forceFlush()
  } finally {
    await provider?.shutdown()
  }
}
