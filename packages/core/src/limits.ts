// SPDX-License-Identifier: Apache-2.0
// Contains only constants, so that bundlers inline them. Imports nothing, so that code can use it where no API is installed.

/** The longest delay of a timer, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MILLIS: number = 2 ** 31 - 1
