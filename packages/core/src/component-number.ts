// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'

interface Shared {
  next?: Record<string, number>
}

/**
 * Shared by all copies of spanring in one thread. There are two copies when an application in one module format loads a
 * library in the other. A diagnostics channel is the same object for every caller that names it, and adds nothing to
 * `globalThis`. Without Node.js there is only one copy, in the bundle.
 */
const shared: Shared = builtinModule<{ channel(name: string): Shared }>('diagnostics_channel')?.channel?.('spanring') ?? {}

/** The next number for a component of this type in this thread: the conventions require a unique `otel.component.name`. */
export function takeComponentNumber(type: string): number {
  const next = (shared.next ??= {})
  const number = next[type] ?? 0
  next[type] = number + 1
  return number
}
