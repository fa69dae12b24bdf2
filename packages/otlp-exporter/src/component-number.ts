// SPDX-License-Identifier: Apache-2.0
import { channel } from 'node:diagnostics_channel'

interface Shared {
  next?: Record<string, number>
}

/**
 * Where the copies of this package in one thread meet: an application in one module format with a library in the other
 * has two. A diagnostics channel is the same object for everybody who knows its name, and no global that anybody else
 * could come across.
 */
const shared = channel('spanring:otlp-exporter') as Shared

/** Tells the exporters of one type in a thread apart, as the conventions ask of `otel.component.name`. */
export function takeComponentNumber(type: string): number {
  const next = (shared.next ??= {})
  const number = next[type] ?? 0
  next[type] = number + 1
  return number
}
