// SPDX-License-Identifier: Apache-2.0

/** The built files of the example, which is a program and exports nothing by name. */
const EXAMPLE = new URL('../../../../examples/instrumented-app/dist/esm/', import.meta.url)

export function exampleFile(path: string): string {
  return new URL(path, EXAMPLE).href
}

interface SpanProcessor {
  onStart(span: unknown, parent: unknown): void
  onEnd(span: unknown): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** Of its `telemetry.ts`. */
export interface Telemetry {
  wrapSpanProcessor(wrap: (processor: SpanProcessor) => SpanProcessor): void
  stopTelemetry(): Promise<void>
}

/** What a part of the example runs as: one address to send requests to. */
export interface Service {
  readonly url: string
  close(): Promise<void>
}

export async function loadTelemetry(): Promise<Telemetry> {
  return (await import(exampleFile('telemetry.js'))) as Telemetry
}

/** The whole service with its database. */
export async function startOrders(): Promise<Service> {
  const { startService } = (await import(exampleFile('app/service.js'))) as { readonly startService: () => Promise<Service> }
  return startService()
}

/** The server that needs nothing but its own processor, so that it is this one which a load can use up. */
export async function startPricing(): Promise<Service> {
  const { createPricingServer } = (await import(exampleFile('app/pricing-server.js'))) as {
    readonly createPricingServer: () => { listen(options: object): Promise<string>; close(): Promise<void> }
  }
  const server = createPricingServer()
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  return { url, close: () => server.close() }
}
