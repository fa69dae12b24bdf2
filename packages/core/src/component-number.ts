// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'

interface Shared {
  next?: Record<string, number>
}

/**
 * Where all copies of spanring in one thread meet. An application in one module format may load a library in the other,
 * and then has two copies. A diagnostics channel is the same object for everybody who knows its name, and adds nothing to
 * `globalThis`. Without Node.js there is one copy: the one in the bundle.
 */
const shared: Shared = builtinModule<{ channel(name: string): Shared }>('diagnostics_channel')?.channel?.('spanring') ?? {}

/** The next number for a component of this type in this thread: the conventions want `otel.component.name` to be unique. */
export function takeComponentNumber(type: string): number {
  const next = (shared.next ??= {})
  const number = next[type] ?? 0
  next[type] = number + 1
  return number
}
