// SPDX-License-Identifier: Apache-2.0
// A file of nothing but constants, so that bundlers inline them; it imports nothing, so code without the API can use it.

/** The longest delay of a timer, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1
