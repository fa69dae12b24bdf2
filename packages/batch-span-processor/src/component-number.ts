// SPDX-License-Identifier: Apache-2.0
import { builtinModule } from './builtin-module.js'

interface Shared {
  next?: number
}

/**
 * Where the copies of this package in one thread meet: an application in one module format with a library in the other
 * has two. A diagnostics channel is the same object for everybody who knows its name, and no global that anybody else
 * could come across. Without Node.js there is one copy: that of the bundle.
 */
const shared: Shared =
  builtinModule<{ channel(name: string): Shared }>('diagnostics_channel')?.channel?.('spanring:batch-span-processor') ?? {}

/** Tells the processors of a thread apart, as the conventions ask of `otel.component.name`. */
export function takeComponentNumber(): number {
  const number = shared.next ?? 0
  shared.next = number + 1
  return number
}
