// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import { type ByteWriter, TOO_LARGE } from './byte-writer.js'
import { sanitizeResource, sanitizeScope } from './sanitize/span.js'
import type { Truncated } from './sanitize/values.js'
import type { GroupPrefixes, SpanFormat } from './span-format.js'

interface Group {
  readonly resource: SpanResource
  readonly scope: InstrumentationScope
  /** The prefix of the resource, as it was when its first span was added. */
  readonly resourcePrefix: Uint8Array
}

/**
 * The groups of one batch: each pair of a resource and a scope has a number. Resources and scopes are compared by identity,
 * because the SDK creates a single object for each.
 */
export class SpanGroups {
  readonly #prefixes: EncodedPrefixCache
  readonly #groups: Group[] = []
  readonly #numbers = new Map<SpanResource, Map<InstrumentationScope, number>>()
  #lastResource: SpanResource | undefined
  #lastScope: InstrumentationScope | undefined
  #lastNumber = 0

  constructor(prefixes: EncodedPrefixCache) {
    this.#prefixes = prefixes
  }

  get count(): number {
    return this.#groups.length
  }

  /** The number of a group, or `count` for a group that has not been {@link add}ed yet. */
  find(resource: SpanResource, scope: InstrumentationScope): number {
    if (resource === this.#lastResource && scope === this.#lastScope) return this.#lastNumber
    const number = this.#numbers.get(resource)?.get(scope)
    if (number === undefined) return this.#groups.length
    this.#remember(resource, scope, number)
    return number
  }

  /** The total size of both prefixes, in bytes. Throws if one of them cannot be encoded. */
  prefixBytes(resource: SpanResource, scope: InstrumentationScope): number {
    return this.#prefixes.resource(resource).length + this.#prefixes.scope(scope).length
  }

  add(resource: SpanResource, scope: InstrumentationScope): void {
    const number = this.#groups.length
    this.#groups.push({ resource, scope, resourcePrefix: this.#prefixes.resource(resource) })
    let scopes = this.#numbers.get(resource)
    if (scopes === undefined) {
      scopes = new Map()
      this.#numbers.set(resource, scopes)
    }
    scopes.set(scope, number)
    this.#remember(resource, scope, number)
  }

  /**
   * The prefixes of all groups. Call this as late as possible: attributes of a resource may have arrived since its first
   * span. If those make the prefix larger than a request may be, the earlier prefix is sent, and the resource is reported as
   * truncated.
   */
  prefixes(): GroupPrefixes[] {
    const resources = new Map<SpanResource, Uint8Array>()
    return this.#groups.map(({ resource, scope, resourcePrefix: earlier }) => {
      const prefix = resources.get(resource) ?? this.#prefixes.latest(resource, earlier)
      resources.set(resource, prefix)
      return { resource: prefix, scope: this.#prefixes.scope(scope) }
    })
  }

  #remember(resource: SpanResource, scope: InstrumentationScope, number: number): void {
    this.#lastResource = resource
    this.#lastScope = scope
    this.#lastNumber = number
  }
}

/** Thrown if the prefix of a resource or a scope is larger than a request may be, so that none of its spans can be sent. */
export const PREFIX_TOO_LARGE: Error = new Error('the resource or scope is larger than a request may be')

const NOTHING_KNOWN: SpanResource = { attributes: {} }

/**
 * The encoded prefixes of resources and scopes, each encoded once. Only a resource whose attributes are still pending is
 * encoded again every time.
 */
export class EncodedPrefixCache {
  readonly #format: SpanFormat
  readonly #pool: BufferPool
  readonly #limit: number
  readonly #onTruncated: (what: Truncated) => void
  readonly #resources = new WeakMap<SpanResource, Uint8Array>()
  readonly #scopes = new WeakMap<InstrumentationScope, Uint8Array>()

  constructor(format: SpanFormat, pool: BufferPool, limit: number, onTruncated: (what: Truncated) => void) {
    this.#format = format
    this.#pool = pool
    this.#limit = limit
    this.#onTruncated = onTruncated
  }

  /**
   * The prefix with the attributes that are known now. Throws if `resource` is not an object, and {@link PREFIX_TOO_LARGE}
   * if the prefix alone is larger than a request may be.
   */
  resource(resource: SpanResource): Uint8Array {
    const cached = this.#resources.get(resource)
    if (cached !== undefined) return cached
    // Checked before encoding: if attributes arrive in between, they are encoded, but the prefix is not cached as final.
    if (isPending(resource)) return this.#encodeResource(knownPart(resource) ?? NOTHING_KNOWN)
    const prefix = this.#encodeResource(resource)
    this.#resources.set(resource, prefix)
    return prefix
  }

  /** The prefix of the resource as it is now, or `earlier` if that can no longer be encoded. */
  latest(resource: SpanResource, earlier: Uint8Array): Uint8Array {
    try {
      // The wait for the attributes was given up. SDK 1.x offers no other way to read those that are known.
      const isUnreadable = isPending(resource) && knownPart(resource) === undefined
      return isUnreadable ? this.#encodeResource(resource) : this.resource(resource)
    } catch {
      this.#onTruncated('resource')
      return earlier
    }
  }

  scope(scope: InstrumentationScope): Uint8Array {
    const cached = this.#scopes.get(scope)
    if (cached !== undefined) return cached
    const prefix = this.#encode(
      (writer) => this.#format.writeScope(writer, scope),
      (writer) => this.#format.writeScope(writer, this.#reportTruncated('scope', sanitizeScope(scope))),
    )
    this.#scopes.set(scope, prefix)
    return prefix
  }

  #encodeResource(resource: SpanResource): Uint8Array {
    return this.#encode(
      (writer) => this.#format.writeResource(writer, resource),
      (writer) => this.#format.writeResource(writer, this.#reportTruncated('resource', sanitizeResource(resource))),
    )
  }

  #reportTruncated<T extends { readonly isTruncated?: boolean | undefined }>(what: Truncated, sanitized: T): T {
    if (sanitized.isTruncated === true) this.#onTruncated(what)
    return sanitized
  }

  #encode(write: (writer: ByteWriter) => void, writeSanitized: (writer: ByteWriter) => void): Uint8Array {
    const writer = this.#format.createWriter(this.#pool, this.#limit)
    try {
      try {
        write(writer)
      } catch (error) {
        if (error === TOO_LARGE) throw error
        writer.pos = 0
        writeSanitized(writer)
      }
      return writer.copy()
    } catch (error) {
      throw error === TOO_LARGE ? PREFIX_TOO_LARGE : error
    } finally {
      writer.release()
    }
  }
}

/**
 * A resource with those attributes of a pending one that are already known; undefined if they cannot be read separately.
 * Reading `attributes` is no alternative: the SDK logs an error whenever that happens too early.
 */
function knownPart(resource: SpanResource): SpanResource | undefined {
  try {
    const attributes = Object.create(null) as Record<string, unknown>
    for (const [key, value] of resource.getRawAttributes?.() ?? []) {
      const isThere = value !== undefined && value !== null && typeof (value as { then?: unknown }).then !== 'function'
      if (isThere) attributes[key] ??= value
    }
    return typeof resource.getRawAttributes === 'function' ? { attributes, schemaUrl: resource.schemaUrl } : undefined
  } catch {
    return undefined
  }
}

function isPending(resource: SpanResource): boolean {
  try {
    return resource.asyncAttributesPending === true
  } catch {
    return false
  }
}
