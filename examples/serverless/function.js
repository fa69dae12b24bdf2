// SPDX-License-Identifier: Apache-2.0
// What would be uploaded: telemetry, and a handler that delivers its spans before it returns.
import { trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { createSpanProcessor, flush } from '@spanring/node'

new NodeSDK({ spanProcessors: [createSpanProcessor()] }).start()
const tracer = trace.getTracer('greeter')

export async function handler(event) {
  try {
    return await tracer.startActiveSpan('greet', { attributes: { name: event.name } }, async (span) => {
      span.end()
      return `hello ${event.name}`
    })
  } finally {
    // After this the process may not run for an hour. It never throws, and it never takes longer than this.
    await flush({ timeoutMillis: 1000 })
  }
}
