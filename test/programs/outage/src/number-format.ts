// SPDX-License-Identifier: Apache-2.0

/** What was not measured is a dash. */
export function count(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : Math.round(value).toLocaleString('en-US')
}

export function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1)
}

/** Never 100.00 for less than all. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : (Math.floor((part / whole) * 1e4) / 100).toFixed(2)
}
