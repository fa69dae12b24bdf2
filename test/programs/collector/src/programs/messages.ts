// SPDX-License-Identifier: Apache-2.0
import type { ProcessorStats } from '@spanring/batch-span-processor'

/** From a program to the command that started it. */
export interface Report {
  /** Sampled spans that have ended. */
  readonly ended: number
  /** Of our processor, if it was there. */
  readonly stats?: ProcessorStats | undefined
  /** What was said through the API's diagnostics. */
  readonly warnings?: readonly string[]
}

/** The application's address, or what it asks to be done while it goes on. */
export type Message = { readonly report: Report } | { readonly url: string } | { readonly reached: 'half' }

export function send(message: Message): void {
  process.send?.(message)
}
