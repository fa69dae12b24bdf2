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
  /** Of the resource, as it was when its first span came. */
  readonly prefix: Uint8Array
}

/** The resources and scopes of one batch, each pair with a number. Told apart by identity, as the SDK makes one object of each. */
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

  /** The number of a group; a new one is `count` until it is {@link add}ed. */
  find(resource: SpanResource, scope: InstrumentationScope): number {
    if (resource === this.#lastResource && scope === this.#lastScope) return this.#lastNumber
    const number = this.#numbers.get(resource)?.get(scope)
    if (number === undefined) return this.#groups.length
    this.#remember(resource, scope, number)
    return number
  }

  /** Size of both prefixes, in bytes. Throws when they cannot be encoded. */
  prefixBytes(resource: SpanResource, scope: InstrumentationScope): number {
    return this.#prefixes.resource(resource).length + this.#prefixes.scope(scope).length
  }

  add(resource: SpanResource, scope: InstrumentationScope): void {
    const number = this.#groups.length
    this.#groups.push({ resource, scope, prefix: this.#prefixes.resource(resource) })
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
  prefixes(): GroupPrefixes[] {
    const resources = new Map<SpanResource, Uint8Array>()
    return this.#groups.map(({ resource, scope, prefix: earlier }) => {
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

/** Thrown when a resource or a scope alone is larger than a request may be: none of its spans can be sent. */
export const PREFIX_TOO_LARGE: Error = new Error('the resource or the scope does not fit into a request')

/**
 * Resources and scopes as bytes, encoded once for each object. Only a resource that still waits for attributes is
 * encoded anew every time.
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
   * What is known of a resource at the time. Throws for what is no object, and when the prefix alone is larger than a
   * request may be.
   */
  resource(resource: SpanResource): Uint8Array {
    const cached = this.#resources.get(resource)
    if (cached !== undefined) return cached
    // Looked at first: attributes that arrive in between are then encoded, but not taken as the last word.
    if (isWaiting(resource)) return this.#encodeResource(knownPart(resource) ?? NOTHING_KNOWN)
    const prefix = this.#encodeResource(resource)
    this.#resources.set(resource, prefix)
    return prefix
  }

  /** The resource as it is now, or as it was if that can no longer be encoded. */
  latest(resource: SpanResource, earlier: Uint8Array): Uint8Array {
    try {
      // The detection was given up; SDK 1.x has no other way to tell what it has found.
      const isSilent = isWaiting(resource) && knownPart(resource) === undefined
      return isSilent ? this.#encodeResource(resource) : this.resource(resource)
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

const NOTHING_KNOWN: SpanResource = { attributes: {} }

/**
 * The attributes of a pending resource that are there already; undefined where they cannot be had by themselves. Not its
 * `attributes`: each time that somebody reads those too early, the SDK logs an error.
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

function isWaiting(resource: SpanResource): boolean {
  try {
    return resource.asyncAttributesPending === true
  } catch {
    return false
  }
}
