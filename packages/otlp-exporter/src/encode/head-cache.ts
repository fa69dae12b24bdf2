// SPDX-License-Identifier: Apache-2.0
import type { InstrumentationScope, SpanResource } from '../readable-span.js'
import type { BufferPool } from './buffer-pool.js'
import { type ByteWriter, TOO_LARGE } from './byte-writer.js'
import { cleanResource, cleanScope } from './clean-heads.js'
import type { Truncated } from './clean-values.js'
import type { SpanFormat } from './span-format.js'

/** Thrown when a resource or a scope alone is larger than a request may be: none of its spans can be sent. */
export const HEAD_TOO_LARGE: Error = new Error('the resource or the scope does not fit into a request')

/**
 * Resources and scopes as bytes, encoded once for each object. Only a resource that still waits for attributes is
 * encoded anew every time.
 */
export class HeadCache {
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
   * What is known of a resource at the time. Throws for what is no object, and when the head alone is larger than a
   * request may be.
   */
  resource(resource: SpanResource): Uint8Array {
    const cached = this.#resources.get(resource)
    if (cached !== undefined) return cached
    // Looked at first: attributes that arrive in between are then encoded, but not taken as the last word.
    if (isWaiting(resource)) return this.#encodeResource(knownPart(resource) ?? NOTHING_KNOWN)
    const head = this.#encodeResource(resource)
    this.#resources.set(resource, head)
    return head
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
    const head = this.#encode(
      (writer) => this.#format.writeScope(writer, scope),
      (writer) => this.#format.writeScope(writer, this.#noted('scope', cleanScope(scope))),
    )
    this.#scopes.set(scope, head)
    return head
  }

  #encodeResource(resource: SpanResource): Uint8Array {
    return this.#encode(
      (writer) => this.#format.writeResource(writer, resource),
      (writer) => this.#format.writeResource(writer, this.#noted('resource', cleanResource(resource))),
    )
  }

  #noted<T extends { readonly isCut?: boolean | undefined }>(what: Truncated, clean: T): T {
    if (clean.isCut === true) this.#onTruncated(what)
    return clean
  }

  #encode(write: (writer: ByteWriter) => void, writeClean: (writer: ByteWriter) => void): Uint8Array {
    const writer = this.#format.createWriter(this.#pool, this.#limit)
    try {
      try {
        write(writer)
      } catch (error) {
        if (error === TOO_LARGE) throw error
        writer.pos = 0
        writeClean(writer)
      }
      return writer.copy()
    } catch (error) {
      throw error === TOO_LARGE ? HEAD_TOO_LARGE : error
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
