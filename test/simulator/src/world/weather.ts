// SPDX-License-Identifier: Apache-2.0
import type { SeededRandom } from '@spanring/test-kit/random'

/** What may go wrong on the way to the backend and in it. */
export const NETWORK_FAULTS = [
  /** Nobody listens. */
  'refused',
  /** Connecting never ends. */
  'unreachable',
  /** The request goes nowhere, and there is no answer. */
  'black hole',
  /** The backend takes the spans and never answers. */
  'swallowed',
  /** The connection breaks while the request is written. */
  'reset early',
  /** The connection breaks instead of an answer; the backend has not taken the spans. */
  'reset',
  /** The same, but it has taken them. */
  'reset late',
  /** The backend refuses for now. */
  'busy',
  /** The backend refuses for good. */
  'bad request',
  /** It refuses requests that are large. */
  'too large',
  /** It takes some of the spans. */
  'partial success',
  /** It answers that it is busy before it has read the request. */
  'early answer',
  /** The answer breaks after its status. */
  'broken answer',
  /** The answer stops after its status. */
  'stalled answer',
  /** The answer is not HTTP. */
  'garbage',
  /** The answer takes seconds. */
  'slow',
  /** A kept connection is closed by the other end, which this end may not know yet. */
  'closed idle',
  /** A kept connection is forgotten by something in between, and stays silent from then on. */
  'forgotten idle',
] as const
export type NetworkFault = (typeof NETWORK_FAULTS)[number]

/** A stretch of time with a fault rate. */
export interface Phase {
  readonly at: number
  readonly faults: readonly NetworkFault[]
  /** Which share of requests meets one of them. */
  readonly share: number
}

/** What the network and the backend do at present. */
export class Weather {
  readonly #random: SeededRandom
  readonly maxRequestBytes: number
  /** The answer takes as long as this, in milliseconds, beside the network. */
  answerMillis: number
  readonly #phases: Phase[]
  #current: Phase = { at: 0, faults: [], share: 0 }

  constructor(random: SeededRandom, phases: readonly Phase[], maxRequestBytes: number, answerMillis: number) {
    this.#random = random
    this.#phases = phases.toSorted((a, b) => a.at - b.at)
    this.maxRequestBytes = maxRequestBytes
    this.answerMillis = answerMillis
  }

  get phases(): readonly Phase[] {
    return this.#phases
  }

  begin(phase: Phase): void {
    this.#current = phase
  }

  /** From now on nothing goes wrong, and answers come at once. */
  clear(): void {
    this.answerMillis = 0
    this.begin({ at: 0, faults: [], share: 0 })
  }

  /** Whether this fault happens now; only one that is asked for here can. */
  has(...wanted: readonly NetworkFault[]): NetworkFault | undefined {
    const { faults, share } = this.#current
    if (faults.length === 0) return undefined
    const possible = faults.filter((fault) => wanted.includes(fault))
    if (possible.length === 0 || !this.#random.chance(share)) return undefined
    return this.#random.pick(possible)
  }

  /** A latency in milliseconds: mostly short, now and then long. */
  latency(): number {
    const draw = this.#random.next()
    return draw < 0.9 ? 0.1 + draw * 2 : 2 + (draw - 0.9) * 200
  }

  chance(share: number): boolean {
    return this.#random.chance(share)
  }

  between(least: number, most: number): number {
    return this.#random.between(least, most)
  }

  pick<const T>(items: readonly T[]): T {
    return this.#random.pick(items)
  }
}
