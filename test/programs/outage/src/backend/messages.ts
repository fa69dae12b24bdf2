// SPDX-License-Identifier: Apache-2.0
import type { Figures, Range, Timeline } from './figures.js'

/** What the backend is asked; one question after the other. */
export type Question =
  /** Listens; `capacity` is how many spans there may be at most. */
  | { readonly ask: 'start'; readonly capacity: number }
  /** Listens no more, and breaks its connections. */
  | { readonly ask: 'go away' }
  | { readonly ask: 'come back' }
  | { readonly ask: 'delivered' }
  | { readonly ask: 'figures'; readonly timeline: Timeline; readonly ranges: readonly Range[] }

export interface Answer {
  readonly url?: string
  /** When it was done, in milliseconds of the time of day. */
  readonly at: number
  readonly delivered: number
  /** From the return until the first request was accepted, in milliseconds. */
  readonly firstMillis: number | undefined
  /** Why requests were not accepted that should have been. */
  readonly errors: readonly string[]
  readonly figures?: Figures
}
