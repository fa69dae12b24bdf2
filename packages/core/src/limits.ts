// SPDX-License-Identifier: Apache-2.0
// A file of nothing but constants: bundlers inline them.

/** The longest delay of a timer, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1
