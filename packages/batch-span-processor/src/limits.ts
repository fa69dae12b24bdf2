// SPDX-License-Identifier: Apache-2.0
// Every number that was chosen, with what speaks for it. In a file of their own a bundler puts them where they are used.

/**
 * How often an awake loop looks at the ring, in milliseconds: a power of two, such that a quarter of a batch arrives in
 * between. Looking every 2 ms at any rate cost more processor time, in wake-ups of an idle process, than it spread.
 */
export const MIN_POLL_MILLIS = 2
export const MAX_POLL_MILLIS = 16

/** After this many looks in a row that found nothing new the loop goes to sleep. */
export const QUIET_LOOKS = 3

/** How soon a loop that cannot go on looks again by itself, in milliseconds; normally it is woken long before. */
export const BLOCKED_MILLIS = 100

/** Longest turn, in milliseconds, however full the ring. */
export const MAX_TURN_MILLIS = 4

/** How much longer a turn may be when the ring is full than when it is empty, as a multiple of the budget. */
export const FULL_RING_EXTRA = 7

/**
 * The part of a ring that is kept free by staging inside `onEnd`, as a power of two: 32 of 2048 slots, for spans that end
 * while others are staged. With an eighth a burst that fits the ring was encoded in part, 100 µs a call in a cold process.
 */
export const SPARE_SHIFT = 6

/** How many spans are staged between two looks at the clock, which cost about as much as a span. */
export const SPANS_PER_LOOK = 8

/** How many reasons of failure an exporter may invent before they are summed up as `other`. */
export const MAX_REASONS = 32

/**
 * How long spans wait for the asynchronous attributes of their resource, in milliseconds. Detectors that ask a cloud's
 * metadata service give up after 1 to 5 s themselves; a longer wait would fill the queue at start-up.
 */
export const RESOURCE_WAIT_MILLIS = 5000

/** How long a detection is waited for at least, in milliseconds, although its first span was not looked at for long. */
export const LEAST_WAIT_MILLIS = 1000

/** How long `shutdown` takes at most by default, in milliseconds: what Kubernetes gives a process to end. */
export const SHUTDOWN_MILLIS = 30_000

/**
 * What a shutdown keeps in reserve for each step after the drain, in milliseconds, so that every step is tried; and the
 * share of a short bound that this is at most.
 */
export const STEP_RESERVE_MILLIS = 1000
export const STEP_RESERVE_SHARE = 0.1

/** What a step after the drain may take at most, in milliseconds: an exporter that hangs there holds up the process. */
export const STEP_LIMIT_MILLIS = 5000

/** The share of a drain in which resources have to be known; what is known then has to do. */
export const RESOURCES_SHARE = 0.5

/**
 * How long a span that finds no room in an exporter which holds nothing of ours is offered again, in milliseconds, unless
 * the export time-out is shorter: the exporter may serve others.
 */
export const ROOM_WAIT_MILLIS = 30_000

/** How long an incremental exporter, which settles by itself, may be late, in milliseconds. */
export const GRACE_MILLIS = 50

/** Longest pause before an exporter that does not answer is asked again, in milliseconds. */
export const MAX_PAUSE_MILLIS = 300_000

/** A loss is over when nothing more was lost for this long, in milliseconds, and spans are exported again. */
export const LOSS_OVER_MILLIS = 5000

/** At most one line of each kind in this time, in milliseconds, however often losses start and end. */
export const REPORT_INTERVAL_MILLIS = 30_000

/** How many spans a queue may be asked to hold: each slot of it is 8 bytes, and the span in it a thousand or more. */
export const MAX_SPANS: number = 2 ** 24

/** Up to so many slots, 512 KiB, the storage of a ring is reserved at once. */
export const FLAT_SPANS: number = 2 ** 16

/** Above that it grows and shrinks in steps of so many slots, 16 KiB. */
export const SEGMENT_SPANS = 2048

/** Long enough for any sentence, too short for a response body that somebody put into a message. */
export const MAX_TEXT_LENGTH = 300

// Not chosen, but better here for the same reason.

/** The bit of the W3C trace flags without which a span is not exported. */
export const SAMPLED = 1

/** A ring size that is never reached: `onEnd` wakes nobody. */
export const NEVER = -1
