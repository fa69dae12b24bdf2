// SPDX-License-Identifier: Apache-2.0
import { sharedState } from './thread-processors.js'

export interface FlushOptions {
  /** By when the promise settles, in milliseconds from now; 0 means without a limit. Default: 5000. */
  timeoutMillis?: number | undefined
}

const FLUSH_MILLIS = 5000

/**
 * Exports every span that ended before this call, of every processor that `createSpanProcessor` or `register` made in
 * this thread. For a handler after which the process is frozen: await it before the handler returns. Never rejects:
 * true means that everything has been delivered; after false the rest stays queued, or is counted as lost.
 */
export async function flush({ timeoutMillis = FLUSH_MILLIS }: FlushOptions = {}): Promise<boolean> {
  const flushed = [...sharedState().processors].map((processor) => processor.forceFlush({ timeoutMillis }))
  const results = await Promise.allSettled(flushed)
  return results.every(({ status }) => status === 'fulfilled')
}
