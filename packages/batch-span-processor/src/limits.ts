// SPDX-License-Identifier: Apache-2.0
// Every number that was chosen, with the reason. A file of nothing but constants: bundlers inline them.

/**
 * How often an awake loop looks at the ring, in milliseconds: a power of two, chosen so that a quarter of a batch arrives
 * in between. A look every 2 ms at any rate cost more processor time, by waking an idle process, than it spread.
 */
export const MIN_POLL_MILLIS = 2
export const MAX_POLL_MILLIS = 16

/** The loop goes to sleep after this many looks in a row that found nothing new. */
export const QUIET_LOOKS = 3

/** How soon a blocked loop tries again by itself, in milliseconds; normally it is woken long before. */
export const BLOCKED_MILLIS = 100

/** Longest turn, in milliseconds, however full the ring. */
export const MAX_TURN_MILLIS = 4

/** How much longer a turn may be when the ring is full than when it is empty, as a multiple of the budget. */
export const FULL_RING_EXTRA = 7

/**
 * The part of a ring that staging inside `onEnd` keeps free, as a power of two: 32 of 2048 cells, for spans that end while
 * others are staged. With an eighth, a burst that fits the ring was encoded in part, at 100 µs a call in a cold process.
 */
export const SPARE_SHIFT = 6

/** How many spans are staged between two reads of the clock, each of which costs about as much as a span. */
export const SPANS_PER_LOOK = 8

/** How many reasons of failure are counted apart; those that an exporter adds beyond are summed up as `other`. */
export const MAX_REASONS = 32

/**
 * How long spans wait for the asynchronous attributes of their resource, in milliseconds. Detectors that ask a cloud's
 * metadata service give up after 1 to 5 s themselves; a longer wait would fill the queue at start-up.
 */
export const RESOURCE_WAIT_MILLIS = 5000

/** The shortest wait for a detection, in milliseconds, even if its first span was staged late. */
export const LEAST_WAIT_MILLIS = 1000

/** The default limit of `shutdown`, in milliseconds: the time that Kubernetes gives a process to end. */
export const SHUTDOWN_MILLIS = 30_000

/**
 * The time that a shutdown reserves for each step after the drain, in milliseconds, so that every step is tried; and the
 * largest share of a short limit that this may be.
 */
export const STEP_RESERVE_MILLIS = 1000
export const STEP_RESERVE_SHARE = 0.1

/** The limit of each step after the drain, in milliseconds: an exporter that hangs there holds up the process. */
export const STEP_LIMIT_MILLIS = 5000

/** The share of a drain within which resources must be known; then spans leave with what is known. */
export const RESOURCES_SHARE = 0.5

/**
 * How long a span is offered again and again to an exporter that has no room although it holds nothing of ours, in
 * milliseconds, unless the export time-out is shorter: the exporter may serve other processors.
 */
export const ROOM_WAIT_MILLIS = 30_000

/** How late an incremental exporter, which settles by its own timer, may be, in milliseconds. */
export const GRACE_MILLIS = 50

/** How late an outcome must be to prove that its timer is gone, in milliseconds. */
export const OVERDUE_MILLIS = 100

/** The longest pause after an abandoned export, in milliseconds. */
export const MAX_PAUSE_MILLIS = 300_000

/** A loss is over when nothing more was lost for this long, in milliseconds, and spans are exported again. */
export const LOSS_OVER_MILLIS = 5000

/** The interval in which at most one line of each kind is logged, in milliseconds, however often losses start and end. */
export const REPORT_INTERVAL_MILLIS = 30_000

/** The largest queue that may be configured, in spans: each cell takes 8 bytes, and the span in it a thousand or more. */
export const MAX_SPANS: number = 2 ** 24

/** Up to this many cells, 512 KiB, the storage of a ring is allocated at once. */
export const FLAT_SPANS: number = 2 ** 16

/** A larger ring grows and shrinks by segments of this many cells, 16 KiB. */
export const SEGMENT_SPANS = 2048

/** The longest error text that is logged: long enough for any sentence, too short for a response body inside a message. */
export const MAX_TEXT_LENGTH = 300

// Not chosen, but inlined for the same reason.

/** The bit of the W3C trace flags without which a span is not exported. */
export const SAMPLED = 1

/** A ring size that is never reached: `onEnd` does not wake the loop. */
export const NEVER = -1
