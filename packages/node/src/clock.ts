// SPDX-License-Identifier: Apache-2.0

// Those of module load: tests of an application replace them, and may never let their time go on.

/** Monotonic, in milliseconds. */
export const now: () => number = performance.now.bind(performance)
export const startTimer: typeof setTimeout = setTimeout
export const stopTimer: typeof clearTimeout = clearTimeout
/** In this turn of the event loop, after its events. */
export const soon: typeof setImmediate = setImmediate
