// SPDX-License-Identifier: Apache-2.0
// In a file that holds only constants, so that bundlers put the numbers where they are used.

/** The longest delay that timers take, in milliseconds; a longer one fires at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1
