// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'
import type { HeadCache } from './head-cache.js'

/** Encoded resource and scope, the first the same object for all scopes of a resource. */
export interface GroupHeads {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
}

interface Group {
  readonly resource: SpanResource
  readonly scope: InstrumentationScope
  /** Of the resource, as it was when its first span came. */
  readonly head: Uint8Array
}

/** The resources and scopes of one batch, each pair with a number. Told apart by identity, as the SDK makes one object of each. */
export class SpanGroups {
  readonly #heads: HeadCache
  readonly #groups: Group[] = []
  readonly #numbers = new Map<SpanResource, Map<InstrumentationScope, number>>()
  #lastResource: SpanResource | undefined
  #lastScope: InstrumentationScope | undefined
  #lastNumber = 0

  constructor(heads: HeadCache) {
    this.#heads = heads
  }

  get count(): number {
    return this.#groups.length
  }

  /** The number of a group; a new one is `count` until it is {@link add}ed. */
  find(resource: SpanResource, scope: InstrumentationScope): number {
    if (resource === this.#lastResource && scope === this.#lastScope) return this.#lastNumber
    const number = this.#numbers.get(resource)?.get(scope)
    if (number === undefined) return this.#groups.length
    this.#remember(resource, scope, number)
    return number
  }

  /** Size of both heads, in bytes. Throws when they cannot be encoded. */
  headBytes(resource: SpanResource, scope: InstrumentationScope): number {
    return this.#heads.resource(resource).length + this.#heads.scope(scope).length
  }

  add(resource: SpanResource, scope: InstrumentationScope): void {
    const number = this.#groups.length
    this.#groups.push({ resource, scope, head: this.#heads.resource(resource) })
    let scopes = this.#numbers.get(resource)
    if (scopes === undefined) {
      scopes = new Map()
      this.#numbers.set(resource, scopes)
    }
    scopes.set(scope, number)
    this.#remember(resource, scope, number)
  }

  /**
   * As late as possible, since attributes of a resource may have arrived in the meantime. When they make it larger than
   * a request may be, the spans go without them, and that is said.
   */
  heads(): GroupHeads[] {
    const resources = new Map<SpanResource, Uint8Array>()
    return this.#groups.map(({ resource, scope, head: earlier }) => {
      const head = resources.get(resource) ?? this.#heads.latest(resource, earlier)
      resources.set(resource, head)
      return { resource: head, scope: this.#heads.scope(scope) }
    })
  }

  #remember(resource: SpanResource, scope: InstrumentationScope, number: number): void {
    this.#lastResource = resource
    this.#lastScope = scope
    this.#lastNumber = number
  }
}
