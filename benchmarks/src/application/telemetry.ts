// SPDX-License-Identifier: Apache-2.0

/** Tracing off altogether, spans that are made and thrown away, the stock pipeline, ours. */
export const TELEMETRIES = ['off', 'noop', 'stock', 'spanring'] as const
export type Telemetry = (typeof TELEMETRIES)[number]

/** As readers call it; what is preloaded has shorter names. */
export const TELEMETRY_TITLES: Readonly<Record<Telemetry, string>> = {
  off: 'off',
  noop: 'no-op',
  stock: 'stock protobuf',
  spanring: 'spanring',
}
