// SPDX-License-Identifier: Apache-2.0
// What all charts have in common.

/** Readable on white and on black: a page's background is not known here, so there is none. */
export const TEXT = '#7b828c'
const GRID = '#7b828c40'
export const OFF_COLOUR = '#9aa1ab'
export const NOOP_COLOUR = '#7b828c'
export const STOCK_COLOUR = '#d9772b'
export const SPANRING_COLOUR = '#2f81d6'
export const THREAD_COLOUR = '#7a5fd0'
export const CONFIG: object = {
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: null },
  title: { color: TEXT, fontSize: 14, anchor: 'start', subtitleColor: TEXT, subtitleFontSize: 12 },
  axis: {
    labelColor: TEXT,
    titleColor: TEXT,
    gridColor: GRID,
    domainColor: GRID,
    tickColor: GRID,
    labelFontSize: 11,
    titleFontSize: 11,
    labelLimit: 240,
  },
  header: { labelColor: TEXT, titleColor: TEXT, labelFontSize: 12 },
  legend: { labelColor: TEXT, titleColor: TEXT, orient: 'top', labelFontSize: 12, labelLimit: 300 },
  text: { color: TEXT },
}

/** The name of a row above it, whole. */
export const ABOVE: object = { labelOrient: 'top', labelAnchor: 'start', labelLimit: 600, labelPadding: 4 }
