// SPDX-License-Identifier: Apache-2.0
import { sharedState } from './thread-processors.js'

export interface FlushOptions {
  /** The time within which the promise settles, in milliseconds; 0 means without a limit. Default: 5000. */
  timeoutMillis?: number | undefined
}

const FLUSH_MILLIS = 5000

/**
 * Exports every span that ended before this call, in all processors that `createSpanProcessor` or `register` made in this
 * thread. Await it at the end of a handler if the process is frozen after the handler returns. Never rejects. Resolves to
 * true if everything was delivered. If not, the rest stays queued or is counted as lost.
 */
export async function flush({ timeoutMillis = FLUSH_MILLIS }: FlushOptions = {}): Promise<boolean> {
  const flushed = [...sharedState().processors].map((processor) => processor.forceFlush({ timeoutMillis }))
  const results = await Promise.allSettled(flushed)
  return results.every(({ status }) => status === 'fulfilled')
}
