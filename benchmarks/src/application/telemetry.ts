// SPDX-License-Identifier: Apache-2.0

/** Tracing off altogether, spans that are made and thrown away, the stock pipeline, ours without and with its export thread. */
export const TELEMETRIES = ['off', 'noop', 'stock', 'spanring', 'thread'] as const
export type Telemetry = (typeof TELEMETRIES)[number]

/** As readers call it; what is preloaded has shorter names. */
export const TELEMETRY_TITLES: Readonly<Record<Telemetry, string>> = {
  off: 'off',
  noop: 'no-op',
  stock: 'stock protobuf',
  spanring: 'spanring',
  thread: 'spanring, export thread',
}

/** Which `telemetry-….ts` of the example is preloaded; the thread is switched on by the environment. */
export function preloadOf(telemetry: Telemetry): string {
  return `telemetry-${telemetry === 'thread' ? 'spanring' : telemetry}.js`
}
