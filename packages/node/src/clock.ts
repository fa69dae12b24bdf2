// SPDX-License-Identifier: Apache-2.0

// Bound when this module loads. Tests of an application replace these functions, and may stop their time for good.

/** Monotonic time in milliseconds. */
export const now: () => number = performance.now.bind(performance)

export const startTimer: typeof setTimeout = setTimeout

export const stopTimer: typeof clearTimeout = clearTimeout

/** Runs a callback in this turn of the event loop, after its I/O events. */
export const soon: typeof setImmediate = setImmediate
