// SPDX-License-Identifier: Apache-2.0
// Every chosen number, with the reason for it. Contains only constants, so that bundlers inline them.

/**
 * The shortest and the longest interval at which an awake loop looks at the ring, in milliseconds. The interval is a power of
 * two, chosen so that a quarter of a batch arrives in between. Looking every 2 ms regardless of the rate woke an idle process
 * too often: it cost more CPU time than it spread out.
 */
export const MIN_POLL_MILLIS = 2
export const MAX_POLL_MILLIS = 16

/** The loop goes to sleep after this many looks in a row that found nothing new. */
export const QUIET_LOOKS = 3

/** How soon a blocked loop tries again by itself, in milliseconds. Normally it is woken long before that. */
export const BLOCKED_MILLIS = 100

/** The longest turn, in milliseconds, however full the ring is. */
export const MAX_TURN_MILLIS = 4

/** How much is added to the budget of a turn when the ring is full, as a multiple of the budget. */
export const FULL_RING_EXTRA = 7

/**
 * How much of the ring staging inside `onEnd` keeps free for spans that end while others are staged, as a shift of the
 * capacity: 32 of 2048 cells. When it was an eighth, `onEnd` encoded part of a burst that would have fitted into the ring,
 * at 100 µs a call in a cold process.
 */
export const SPARE_SHIFT = 6

/** How many spans are staged between two readings of the clock. A reading costs about as much as staging a span. */
export const SPANS_PER_CLOCK_READING = 8

/** How many failure reasons are counted separately. Any further reasons of an exporter are counted together as `other`. */
export const MAX_REASONS = 32

/**
 * How long spans wait for the asynchronous attributes of their resource, in milliseconds. Detectors that query a cloud's
 * metadata service give up after 1 to 5 s by themselves. A longer wait would fill the queue at start-up.
 */
export const RESOURCE_WAIT_MILLIS = 5000

/** The shortest wait for a resource, in milliseconds, even if its first span was staged late. */
export const LEAST_WAIT_MILLIS = 1000

/** The default time limit of `shutdown`, in milliseconds: the time that Kubernetes gives a process to end. */
export const SHUTDOWN_MILLIS = 30_000

/**
 * The time that a shutdown reserves for each step after the drain, in milliseconds, so that every step is tried. With a
 * short limit it is at most this share of the limit.
 */
export const STEP_RESERVE_MILLIS = 1000
export const STEP_RESERVE_SHARE = 0.1

/** The time limit of each step after the drain, in milliseconds: an exporter that hangs there delays the end of the process. */
export const STEP_LIMIT_MILLIS = 5000

/** How much of the drain may be spent waiting for resources. After that, spans leave with the attributes that are known. */
export const RESOURCES_SHARE = 0.5

/**
 * How long a span is offered again and again to an exporter that has no room although it holds none of our spans, in
 * milliseconds, unless the export time-out is shorter. The exporter may serve other processors as well.
 */
export const ROOM_WAIT_MILLIS = 30_000

/** How far past its deadline an incremental exporter may settle, in milliseconds. It settles by a timer of its own. */
export const GRACE_MILLIS = 50

/** How late an outcome must be to prove that its timer is gone, in milliseconds. */
export const OVERDUE_MILLIS = 100

/** The longest pause after an abandoned export, in milliseconds. */
export const MAX_PAUSE_MILLIS = 300_000

/** A loss is over when nothing more was lost for this long, in milliseconds, and spans were exported again. */
export const LOSS_OVER_MILLIS = 5000

/** At most one line of each kind is logged per interval of this length, in milliseconds, however often losses start and end. */
export const REPORT_INTERVAL_MILLIS = 30_000

/** The largest queue that may be configured, in spans. Each cell takes 8 bytes, and the span in it a thousand or more. */
export const MAX_SPANS: number = 2 ** 24

/** Up to this many cells, 512 KiB, the storage of a ring is allocated at once. */
export const FLAT_SPANS: number = 2 ** 16

/** A larger ring grows and shrinks by segments of this many cells, 16 KiB. */
export const SEGMENT_SPANS = 2048

/** The longest error text that is logged, in characters: enough for a sentence, too little for a whole response body. */
export const MAX_TEXT_LENGTH = 300

// The following were not chosen. They are here so that bundlers inline them, too.

/** The `sampled` bit of the W3C trace flags. A span without it is not exported. */
export const SAMPLED = 1

/** A ring size that is never reached, so that `onEnd` does not wake the loop. */
export const NEVER = -1
