// SPDX-License-Identifier: Apache-2.0

export function integer(value: number): string {
  return value.toLocaleString('en-US')
}

export function micros(value: number): string {
  return value >= 1000 ? millis(value / 1000) : `${value.toFixed(value < 100 ? 2 : 0)} µs`
}

export function millis(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 1)} ms`
}

export function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`
}

/** Cuts with an ellipsis what is longer than `width`. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`
}
