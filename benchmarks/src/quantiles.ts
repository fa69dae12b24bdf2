// SPDX-License-Identifier: Apache-2.0

export interface Quantiles {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** Of everything in `samples`, which this sorts. Nearest rank: each figure is one that was measured. */
export function quantilesOf(samples: Float64Array): Quantiles {
  samples.sort()
  return { p50: rank(samples, 0.5), p99: rank(samples, 0.99), p999: rank(samples, 0.999), max: rank(samples, 1) }
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).toSorted()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}

function rank(sorted: Float64Array, quantile: number): number {
  return at(sorted, Math.max(0, Math.ceil(quantile * sorted.length) - 1))
}

function at(sorted: Float64Array, index: number): number {
  return sorted[index] ?? NaN
}
